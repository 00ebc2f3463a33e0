// The three networks and whose id belongs to which.

import { telegram } from "./telegram.js";
import { zaloBot, zaloOa } from "./zalo.js";

export const NETWORKS = [telegram, zaloOa, zaloBot];

const SHAPES = [
  [/^[1-9]\d{0,15}$/, telegram],
  [/^2\d{18}$/, zaloOa],
  [/^[0-9a-f]{20}$/, zaloBot],
];

/** The network of this id, or undefined where nobody could have it. */
export const networkOf = (id) => SHAPES.find(([shape]) => shape.test(String(id)))?.[1];

/** The people of all networks whose name holds `words`, each network's newest activity first. */
export async function findPeople(words, limit) {
  const lists = await Promise.all(NETWORKS.map((network) => network.people({ q: words, limit })));
  return lists.flat();
}
