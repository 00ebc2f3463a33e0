// How long an Official Account may still write to somebody, told from that person's last interaction.

import { now } from "../time.js";

const HOUR = 3_600_000;
const FREE = 48 * HOUR;
const LAST = 7 * 24 * HOUR;

/** "47 giờ", "3 ngày", "20 phút": whole units, so that nothing is promised that is not there. */
function left(ms) {
  if (ms >= 72 * HOUR) return `${Math.floor(ms / (24 * HOUR))} ngày`;
  if (ms >= HOUR) return `${Math.floor(ms / HOUR)} giờ`;
  return `${Math.max(1, Math.floor(ms / 60_000))} phút`;
}

/** {state: "none" | "free" | "paid" | "closed", words}; `interaction` is ISO or null. */
export function windowOf(interaction) {
  if (!interaction) return { state: "none", words: "OA chưa nhắn được" };
  const age = now() - Date.parse(interaction);
  if (age <= FREE) return { state: "free", words: `Miễn phí, còn ${left(FREE - age)}` };
  if (age <= LAST) return { state: "paid", words: `Có phí, còn ${left(LAST - age)}` };
  return { state: "closed", words: "Quá 7 ngày, OA không nhắn được" };
}
