/** How many files are worked on before others get their turn: heartbeats must go out during a long series of short calls. */
const SERIES = 500;

/** Gives way once per series. */
export async function giveWay(index: number): Promise<void> {
  if (index % SERIES === SERIES - 1) await new Promise((resolve) => setImmediate(resolve));
}
