import { describe, expect, test } from "vitest";

import { inertMail } from "./mail-html.ts";

describe("a style keeps what only looks", () => {
  const kept = (css: string): string =>
    /<body>\n<style>(.*)<\/style>x\n<\/body>/s.exec(inertMail(`<style>${css}</style>x`).document)![1]!;

  test.for([
    "a:hover>b+c~d[title^='x']::before{content:'x'!important;margin:-1.5em 10% 0 auto}",
    "@media only screen and (max-width:600px){.a{width:100%!important}}",
    "@font-face{font-family:x}@keyframes k{from{opacity:0}to{opacity:1}}",
    "p{background:linear-gradient(to right,rgba(0,0,0,.5),#fff);width:calc(100% - 2px);color:var(--x)}",
    "p{color:r\u00e9d;font-family:'Gill Sans',\"M PLUS\"}",
  ])("%s", (css) => expect(kept(css)).toBe(css));

  test("and of the rest the declaration, without what it would have loaded", () => {
    expect(kept("p{color:red;background:#fff url(https://e.example/x.png) no-repeat;margin:0}")).toBe(
      "p{color:red;background:#fff  none  no-repeat;margin:0}",
    );
    expect(kept("@import url(https://e.example/x.css);p{margin:0}")).toBe("  p{margin:0}");
    expect(kept("@namespace x{a{b:c}}p{margin:0}")).toBe("  p{margin:0}");
    expect(kept(".sm\\:w{margin:0}.a/**/.b{margin:0}")).toBe(".sm\\3a w{margin:0}.a/**/.b{margin:0}");
    expect(kept("p{content:'\\<!--\"'}a{/<*x*/y}")).toMatch(/^p\{content:"\\3c !--\\22 "\}a\{\/ {2,}\*x\*\/y\}$/);
  });
});
