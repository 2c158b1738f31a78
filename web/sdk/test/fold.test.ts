import assert from "node:assert/strict";
import test from "node:test";
import { fold, locate } from "../src/text/fold.ts";

test("texts that people read as the same fold to the same text, others do not", () => {
  for (const same of [
    ["école", "ÉCOLE", "e\u0301cole", "E\u0301COLE"],
    ["abc 123", "ＡＢＣ　１２３", "ABC 123"],
    ["οδοσ", "ΟΔΟΣ", "οδος"],
    ["strasse", "straße", "STRASSE", "STRAẞE"],
    ["한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"],
    ["ガ", "ｶﾞ", "カ\u3099"],
    ["file", "ﬁle"],
  ])
    for (const text of same) assert.equal(fold(text), fold(same[0] ?? ""), text);
  for (const [one, other] of [
    ["a", "à"],
    ["ab", "a b"],
    ["file", "fil"],
  ])
    assert.notEqual(fold(one ?? ""), fold(other ?? ""));
});

test("a text is located by whole letters, accents included", () => {
  for (const [text, wanted, shown] of [
    ["Where is the e\u0301cole?", "ÉCOLE", "e\u0301cole"],
    ["Die Straße ist lang", "strasse", "Straße"],
    ["ＨＥＬＬＯ there", "hello", "ＨＥＬＬＯ"],
    ["η οδός", "ΟΔΌΣ", "οδός"],
    ["👩‍👩‍👧 family", "FAMILY", "family"],
    ["aaa", "aa", "aa"],
  ] as const) {
    const [from, to] = locate(text, wanted) ?? [0, 0];
    assert.equal(text.slice(from, to), shown);
  }
  assert.equal(locate("hello", "x"), undefined);
  assert.equal(locate("hello", ""), undefined);
});
