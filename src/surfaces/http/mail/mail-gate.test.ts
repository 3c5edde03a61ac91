import { describe, expect, test } from "vitest";

import { findForbidden } from "./mail-gate.ts";
import { documentOf } from "./mail-html.ts";

describe("the last look before a document goes out", () => {
  const bad = [
    '<link rel="preconnect" href="https://e.example">',
    '<link rel="dns-prefetch" href="https://e.example">',
    '<meta http-equiv="refresh" content="0;url=https://e.example">',
    '<meta name="x" content="y">',
    '<base href="https://e.example">',
    "<script>1</script>",
    '<img src="https://e.example/1.png">',
    '<img src="data:image/svg+xml,x">',
    '<img src="data:image/png;base64,AA" srcset="https://e.example 1x">',
    '<a href="https://e.example">a</a>',
    '<p onclick="x">p</p>',
    '<p title="x" style="background:url(https://e.example)">p</p>',
    '<p style="background:u\\72l(https://e.example)">p</p>',
    "<p style=\"background:image-set('https://e.example' 1x)\">p</p>",
    '<p style="-moz-binding:none">p</p>',
    '<style>@import "https://e.example";</style>',
    "<style>@\\69mport url(//e.example);</style>",
    "<style>p{background:url(data:image/svg+xml,x)}</style>",
    "<style>p{color:some-new-function(1)}</style>",
    "<svg></svg>",
    "<math></math>",
    "<form></form>",
    "<iframe></iframe>",
    "<template></template>",
    "<video></video>",
    "<p><!-- a comment --></p>",
    '<html lang="en">',
    '<body class="x">',
  ];

  test.for(bad)("finds %s, and shows the text in its place", (html) => {
    const document = documentOf(`<p>begin</p>${html}`, "begin & <b>end");
    expect(findForbidden(document)).toBeUndefined();
    expect(document).toContain(`<pre style="white-space:pre-wrap">begin &amp; &lt;b&gt;end</pre>`);
    expect(document).not.toContain("e.example");
  });

  test("finds nothing in what may be", () => {
    const body =
      '<p style="color:red">p</p><img alt="" src="data:image/png;base64,AA" /><style>p{color:rgb(1,2,3)}</style>';
    expect(documentOf(body, "")).toContain(body);
  });
});
