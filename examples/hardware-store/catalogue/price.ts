/** What a pack of `count` costs when one costs `pieceEuros`: the pack itself, and each piece a little less the more there are. */
export function packEuros(pieceEuros: number, count: number): number {
  return 1.1 + pieceEuros * count ** 0.93;
}

/** A price as a shop writes it: 0.89, 7.49, 23.99, 149.00, 1,290.00. */
export function shopPriceCents(euros: number): number {
  const cents = euros * 100;
  if (cents < 1_000) return Math.max(39, endingIn(9, 10, cents));
  if (cents < 5_000) return endingIn(49, 50, cents);
  if (cents < 20_000) return endingIn(99, 100, cents);
  if (cents < 100_000) return endingIn(400, 500, cents);
  return endingIn(900, 1_000, cents);
}

function endingIn(ending: number, step: number, cents: number): number {
  return Math.round((cents - ending) / step) * step + ending;
}
