/** The choices of a user for light and dark. */
export type Theme = "system" | "light" | "dark";

const storageKey = "parley.theme";

export function theme(): Theme {
  const choice = localStorage.getItem(storageKey);
  return choice === "light" || choice === "dark" ? choice : "system";
}

/** Stores a choice and applies it. */
export function setTheme(choice: Theme): void {
  if (choice === "system") localStorage.removeItem(storageKey);
  else localStorage.setItem(storageKey, choice);
  showTheme();
}

/** Applies the stored choice. The bars of the browser get the colour of the page. */
export function showTheme(): void {
  const choice = theme();
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  const bars = document.querySelector<HTMLMetaElement>('meta[name="theme-color"]');
  if (bars) bars.content = getComputedStyle(document.body).backgroundColor;
}
