import { remembered } from "./remembered.ts";

export const THEMES = ["system", "light", "dark"] as const;

export const theme = remembered("theme", THEMES, "system");

/** The style sheets do the rest: every colour is a pair, and `color-scheme` chooses. */
export function followTheme(): void {
  theme.subscribe((chosen) => {
    document.documentElement.dataset["theme"] = chosen;
  });
}
