// Checks of the layout of a page that need no person: texts, fonts, sizes.
import type { Page } from "playwright-core";

/**
 * The texts of a page that are larger than the element around them, are cut off by it, or overlap. A text that ends in an
 * ellipsis is cut on purpose.
 */
export const misplacedTexts = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    /** Glyphs may be a little larger than their line, px. */
    const slack = 3;
    const found: string[] = [];
    const placed: { text: string; rect: DOMRect; box: Element }[] = [];
    for (const element of document.querySelectorAll("html, .scroll, .tabs, .thread-head, .composer")) {
      if (element.scrollWidth > element.clientWidth) found.push(`${element.className || "the page"} scrolls sideways`);
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent?.trim();
      const box = node.parentElement;
      if (!text || !box?.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      if (box.closest(".hidden, select, textarea")) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        const trouble = rect.width > 0 && troubleOf(rect, box);
        if (trouble) found.push(`${JSON.stringify(text.slice(0, 60))} ${trouble}`);
        const shown = clip(rect, box);
        if (shown.width > 0) placed.push({ text, rect: shown, box });
      }
    }
    found.push(...overlaps());
    return [...new Set(found)];

    /** The part of a text that is visible within the elements around it. */
    function clip(rect: DOMRect, from: Element): DOMRect {
      let { left, right } = rect;
      for (let at: Element | null = from; at; at = at.parentElement) {
        if (getComputedStyle(at).overflowX === "visible") continue;
        const box = at.getBoundingClientRect();
        left = Math.max(left, box.left);
        right = Math.min(right, box.right);
      }
      return new DOMRect(left, rect.top, right - left, rect.height);
    }

    function troubleOf(rect: DOMRect, from: Element): string | undefined {
      let vertical = true;
      for (let at: Element | null = from; at; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (style.display === "inline" || style.display === "contents" || !hasEdge(at, style)) continue;
        const box = at.getBoundingClientRect();
        const name = `${at.tagName.toLowerCase()}.${at.className}`;
        if (style.textOverflow === "ellipsis" && style.overflowX !== "visible") return;
        if (rect.left < box.left - slack || rect.right > box.right + slack) return `is wider than ${name}`;
        if (/auto|scroll/.test(style.overflowY)) vertical = false;
        if (vertical && (rect.top < box.top - slack || rect.bottom > box.bottom + slack))
          return `is higher than ${name}`;
        if (style.position === "absolute" || style.position === "fixed") break;
      }
      return rect.left < -slack || rect.right > innerWidth + slack ? "is out of the window" : undefined;
    }

    /** Whether an element has a visible edge, or cuts off what is outside of it. */
    function hasEdge(element: Element, style: CSSStyleDeclaration): boolean {
      return (
        element.tagName === "BUTTON" ||
        style.overflowX !== "visible" ||
        style.backgroundColor !== "rgba(0, 0, 0, 0)" ||
        style.backgroundImage !== "none" ||
        style.borderTopWidth !== "0px"
      );
    }

    /** Pairs of texts that overlap and are both visible there. */
    function overlaps(): string[] {
      const out: string[] = [];
      const seen = placed.filter(({ rect, box }) => {
        const top = document.elementFromPoint(rect.left + rect.width / 2, rect.top + rect.height / 2);
        return top && (box.contains(top) || top.contains(box));
      });
      seen.forEach((one, i) => {
        for (const other of seen.slice(i + 1)) {
          if (one.box === other.box) continue;
          const wide = Math.min(one.rect.right, other.rect.right) - Math.max(one.rect.left, other.rect.left);
          const high = Math.min(one.rect.bottom, other.rect.bottom) - Math.max(one.rect.top, other.rect.top);
          if (wide > slack && high > slack + 2)
            out.push(`${JSON.stringify(one.text)} lies over ${JSON.stringify(other.text)}`);
        }
      });
      return out;
    }
  });

/** The buttons and fields of a page that are too small for a finger. Checkboxes have a label that is large enough. */
export const smallTargets = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll("button, input, select")]
      .map((element) => ({ element, ...element.getBoundingClientRect().toJSON() }))
      .filter(
        ({ element, width, height }) =>
          width > 0 && !/radio|checkbox/.test(element.type) && (width < 40 || height < 40),
      )
      .map(({ element }) => element.outerHTML),
  );

interface Node {
  nodeId: number;
  nodeType: number;
  nodeValue: string;
  children?: Node[];
  shadowRoots?: Node[];
}

/** A text, and how many of its glyphs each font has drawn. */
interface Drawn {
  text: string;
  drawn: Map<string, number>;
}

/**
 * The texts of a page with the fonts that have drawn them. The browser is asked, since the machine may not have the fonts
 * that a style names.
 */
export async function fontsOfTexts(page: Page): Promise<Drawn[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await drawnNow(page);
    } catch (error) {
      // The page has replaced a text since the document was read.
      if (attempt === 20 || !String(error).includes("Could not find node")) throw error;
    }
  }
}

async function drawnNow(page: Page): Promise<Drawn[]> {
  const cdp = await page.context().newCDPSession(page);
  try {
    await cdp.send("DOM.enable");
    await cdp.send("CSS.enable");
    const { root } = (await cdp.send("DOM.getDocument", { depth: -1, pierce: true })) as { root: Node };
    const out: Drawn[] = [];
    const visit = async (node: Node): Promise<void> => {
      if (node.nodeType === 3 && node.nodeValue.trim()) {
        const { fonts } = await cdp.send("CSS.getPlatformFontsForNode", { nodeId: node.nodeId });
        const drawn = new Map(fonts.map(({ familyName, glyphCount }) => [familyName, glyphCount] as const));
        if (drawn.size > 0) out.push({ text: node.nodeValue, drawn });
      }
      for (const child of [...(node.children ?? []), ...(node.shadowRoots ?? [])]) await visit(child);
    };
    await visit(root);
    return out;
  } finally {
    await cdp.detach();
  }
}

const emoji =
  /(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F)(?:[\u{1F3FB}-\u{1F3FF}\uFE0F]|\u200D\p{Extended_Pictographic})*/gu;

/**
 * The texts of a page in which an emoji font draws more than the emoji, or does not draw the emoji. If a text ends in an
 * ellipsis, the browser counts some glyphs twice.
 */
export async function wrongEmojiFonts(page: Page): Promise<string[]> {
  const out: string[] = [];
  for (const { text, drawn } of await fontsOfTexts(page)) {
    const wanted = text.match(emoji)?.length ?? 0;
    const got = [...drawn].reduce((sum, [family, glyphs]) => sum + (/emoji/i.test(family) ? glyphs : 0), 0);
    if (got < wanted || got > 2 * wanted) out.push(`${JSON.stringify(text)}: ${got} of an emoji font, want ${wanted}`);
  }
  return out;
}

/** The text spacing of WCAG 1.4.12. It has about the effect of a font whose letters are a fifth wider. */
const spacing = "*, ::placeholder { letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }";

/** Does something with a page while all of its texts have the wide spacing. */
export async function withWideText<Out>(page: Page, work: () => Promise<Out>): Promise<Out> {
  const style = await page.addStyleTag({ content: spacing });
  try {
    return await work();
  } finally {
    await style.evaluate((element) => element.parentNode?.removeChild(element));
  }
}
