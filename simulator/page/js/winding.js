// The simulator's clock on the page, and how far a person may wind it on to see time pass.

import { clock, now, shortDay } from "./time.js";

const HOUR = 3600;
const JUMPS = [
  { seconds: HOUR, text: "Tua +1 giờ", english: "One hour on" },
  { seconds: 48 * HOUR, text: "Tua +48 giờ", english: "48 hours on: Zalo's free window ends" },
  { seconds: 7 * 24 * HOUR, text: "Tua +7 ngày", english: "7 days on: Zalo's window closes" },
];
const LOOK_MS = 10_000;
const face = document.getElementById("time");

/** The jumps as items of a menu. */
export const windItems = (wind) =>
  JUMPS.map(({ seconds, text, english }) => ({ icon: "clock", text, english, run: () => wind(seconds) }));

export function showClock() {
  face.textContent = `${clock(now())} · ${shortDay(now())}`;
}

setInterval(showClock, LOOK_MS);
