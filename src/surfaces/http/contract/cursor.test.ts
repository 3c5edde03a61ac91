import fc from "fast-check";
import { expect, test } from "vitest";

import { cursorAfter, cursorOf, positionIn, textBefore } from "./cursor.ts";

const positions = fc.tuple(fc.maxSafeInteger(), fc.maxSafeNat());
const QUESTION = { search: "tickets" };

test("a cursor leads back to its place, for its own question alone", () => {
  fc.assert(
    fc.property(positions, (position) => {
      const cursor = cursorOf(position, QUESTION);
      expect(cursor).toMatch(/^[\w-]+$/);
      expect(positionIn(cursor, QUESTION)).toEqual(position);
      expect(positionIn(cursor, { search: "ticket" })).toBeUndefined();
    }),
  );
});

test("a cursor of a list that is ordered by texts leads back behind its text, for its own question alone", () => {
  const texts = fc.oneof(fc.emailAddress(), fc.string(), fc.constant("élodie@exämple.com"));
  fc.assert(
    fc.property(texts, fc.string(), (text, anything) => {
      const cursor = cursorAfter(text, QUESTION);
      expect(cursor).toMatch(/^[\w-]+$/);
      expect(textBefore(cursor, QUESTION)).toBe(text);
      expect(textBefore(cursor, { search: "ticket" })).toBeUndefined();
      expect(textBefore(anything, QUESTION)).toBeUndefined();
    }),
  );
});

test("a cursor that was changed leads nowhere", () => {
  fc.assert(
    fc.property(positions, fc.nat(), fc.string({ maxLength: 3 }), fc.string(), (position, at, piece, anything) => {
      const cursor = cursorOf(position, QUESTION);
      const place = at % cursor.length;
      const changed = cursor.slice(0, place) + piece + cursor.slice(place + 1);
      fc.pre(changed !== cursor);
      expect(positionIn(changed, QUESTION)).toBeUndefined();
      expect(positionIn(anything, QUESTION)).toBeUndefined();
    }),
  );
});
