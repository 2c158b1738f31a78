/** What a user may choose of light and dark. */
export type Theme = "system" | "light" | "dark";

const kept = "parley.theme";

export function theme(): Theme {
  const choice = localStorage.getItem(kept);
  return choice === "light" || choice === "dark" ? choice : "system";
}

/** Chooses, keeps the choice, and shows it. */
export function setTheme(choice: Theme): void {
  if (choice === "system") localStorage.removeItem(kept);
  else localStorage.setItem(kept, choice);
  showTheme();
}

/** Shows what was chosen before; the browser's own bars take the colour of the page. */
export function showTheme(): void {
  const choice = theme();
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  const bars = document.querySelector<HTMLMetaElement>('meta[name="theme-color"]');
  if (bars) bars.content = getComputedStyle(document.body).backgroundColor;
}
