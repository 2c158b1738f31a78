import { render } from "preact";
import { App } from "./app.tsx";
import { showTheme } from "./ui/theme.ts";

showTheme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
render(<App />, document.getElementById("root") as HTMLElement);
