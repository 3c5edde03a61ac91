import { render } from "preact";

import { App } from "./app.tsx";
import { followLanguage } from "./language.ts";
import { followTheme } from "./theme.ts";

followTheme();
followLanguage();
render(<App />, document.querySelector("#console")!);
