// Keeping up and coming back: how fast to play, when to jump, how long to wait. Pure.

/** Wait before the next attempt, in ms: 1, 1.6, 2.6, 4.1, 6.6, 10.5, then 15 s. */
export const backoff = (attempt) => Math.min(1000 * 1.6 ** attempt, 15000);

/** Seconds of media ahead that a live player aims at, at first. */
const TARGET = 0.8;
/** It aims no higher than this, however often it ran dry. */
const HIGHEST = 4;
/** More than this above its aim, it plays faster. */
const SLACK = 0.5;
/** More than this above its aim, it jumps: playing faster would take a minute. */
const FAR = 6;
/** At the start a jump is not seen, so a shorter way is jumped. */
const FAR_AT_START = 1;
/** Seconds without running dry after which it aims lower again. */
const CALM = 60;

/** Keeps a live player near the end of what it has. */
export class CatchUp {
  target = TARGET;
  #chasing = false;
  #started = false;
  #calmSince = 0;

  /** The player ran dry: it needs more in hand on this network. `now` in seconds. */
  stalled(now) {
    this.target = Math.min(this.target * 1.5, HIGHEST);
    this.#calmSince = now;
  }

  /** What to do with `ahead` seconds in hand: `{ rate, jump }`; `jump` is how far from the end to go on, or null. */
  next(ahead, now) {
    if (this.target > TARGET && now - this.#calmSince > CALM) {
      this.target = Math.max(this.target / 1.5, TARGET);
      this.#calmSince = now;
    }
    const over = ahead - this.target;
    const far = this.#started ? FAR : FAR_AT_START;
    this.#started ||= ahead > 0;
    if (over > far) {
      this.#chasing = false;
      return { rate: 1, jump: this.target };
    }
    this.#chasing = this.#chasing ? over > 0.05 : over > SLACK;
    if (!this.#chasing) return { rate: 1, jump: null };
    return { rate: over > 2 ? 1.15 : over > 0.8 ? 1.08 : 1.04, jump: null };
  }
}
