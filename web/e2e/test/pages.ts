// Functions for pages: the browser, the devices of users, and what their pages show.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { top } from "./localCloud.ts";

const screenshots = join(top, ".local/screenshots");
/** The longest wait for a condition, ms: the machine may be busy. */
const timeout = 120_000;

/** The uncaught errors of all pages. */
export const errors: string[] = [];

/** Starts a browser. If the system has fontconfig, it has only the fonts of `.ci/packages`. */
export function launch(): Promise<Browser> {
  mkdirSync(screenshots, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    env: { ...process.env, FONTCONFIG_FILE: join(top, "web/e2e/fonts/fonts.conf") },
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** The properties of a device. `relay`: the port of a relay through which its WebSocket goes. */
export interface Look {
  dark?: boolean;
  width?: number;
  touch?: boolean;
  relay?: number;
}

/** A browser profile with storage of its own. */
export async function device(browser: Browser, look: Look = {}): Promise<BrowserContext> {
  const width = look.width ?? 1280;
  const context = await browser.newContext({
    viewport: { width, height: width < 720 ? 844 : 800 },
    colorScheme: look.dark ? "dark" : "light",
    locale: "en-GB",
    hasTouch: look.touch ?? false,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  context.setDefaultTimeout(timeout);
  const { relay } = look;
  if (relay !== undefined) {
    await context.route("**/_local/demo", async (route) => {
      const demo = await (await route.fetch()).json();
      const websocket = new URL(demo.websocket);
      websocket.hostname = "127.0.0.1";
      websocket.port = String(relay);
      await route.fulfill({ json: { ...demo, websocket: websocket.href } });
    });
  }
  return context;
}

/** A new page whose errors are collected. */
export async function newPage(context: BrowserContext, whose: string): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => errors.push(`${whose}: ${error.stack ?? error}`));
  return page;
}

export async function signIn(context: BrowserContext, http: string, user: string, peer?: string): Promise<Page> {
  const page = await newPage(context, user);
  await page.goto(`${http}/?user=${user}${peer ? `#${peer}` : ""}`);
  await online(page);
  return page;
}

/** Waits until a page is connected. */
export const online = (page: Page) => page.locator('.sidebar .status[data-tone="good"]').waitFor({ state: "attached" });

export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: /^Message to/ }).fill(text);
  await page.keyboard.press("Enter");
}

export const message = (page: Page, text: string): Locator => page.locator(".message", { hasText: text });
export const row = (page: Page, peer: string): Locator => page.locator(`[data-peer="${peer}"]`);
export const texts = (page: Page): Promise<string[]> => page.locator(".message .text").allTextContents();

/** Opens a conversation from the list. */
export const open = (page: Page, peer: string) => row(page, peer).locator(".row").click();

/** Opens the context menu of an element and chooses an item. */
export async function choose(page: Page, of: Locator, item: string): Promise<void> {
  await of.click({ button: "right" });
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

export const screenshot = (page: Page, name: string) =>
  page.screenshot({ path: join(screenshots, `${name}.png`), animations: "disabled" });

/** Waits until a message is in a state. */
export const reaches = (page: Page, text: string, state: string) =>
  page.locator(`.message[data-state="${state}"]`, { hasText: text }).waitFor();

const axeScript = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The serious accessibility problems that axe finds on a page. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeScript);
  return page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } }).axe;
    interface Finding {
      id: string;
      impact: string;
      nodes: { html: string }[];
    }
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join("\n  ")}`);
  });
}
