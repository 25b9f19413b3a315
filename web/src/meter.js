// Measures what a video element does: frames, bits, buffer. Pure but for what it is told.

/** Over how many samples, one a second, rates are measured. */
const WINDOW = 5;
/** How many samples the curves show. */
export const HISTORY = 60;

export class Meter {
  #samples = [];
  #fresh = true;
  history = { bitrate: [], buffer: [], latency: [] };

  /** Forgets all: something else plays. */
  reset() {
    this.#forget();
    this.history = { bitrate: [], buffer: [], latency: [] };
  }

  /**
   * Takes a sample and gives what is known: `{ fps, bitrate, buffer, latency }`, each may be undefined.
   * `now`: s. `time`: of the media, s. `end`: of what is buffered ahead, s, or null. `frames`: shown or dropped so
   * far. `decoded`: bytes decoded so far, or undefined. `loaded`: bytes loaded so far, or undefined. `speed`: what
   * the engine says of bits per second. `latency`: what the engine says, s. `live`: whether it is.
   */
  sample({ now, time, end, frames, decoded, loaded, speed, latency, live }) {
    const last = this.#samples.at(-1);
    // A jump in the media, or another one: what was measured before says nothing of it.
    const jumped = last && (time < last.time - 0.1 || time - last.time > (now - last.now) * 3 + 1 || frames < last.frames);
    if (jumped) this.#forget();
    this.#samples.push({ now, time, frames, decoded, loaded });
    // The first one counts frames that were decoded ahead before the clock ran.
    const isFirst = this.#samples.length === 2 && this.#fresh;
    if (isFirst) this.#fresh = false;
    if (isFirst || this.#samples.length > WINDOW + 1) this.#samples.shift();
    const buffer = end === null ? undefined : Math.max(0, end - time);
    const measured = {
      fps: this.#rate('frames', 'time'),
      bitrate: this.#bits(speed),
      buffer,
      latency: live ? latency ?? buffer : undefined,
    };
    for (const [name, values] of Object.entries(this.history)) {
      values.push(measured[name] ?? null);
      if (values.length > HISTORY) values.shift();
    }
    return measured;
  }

  #forget() {
    this.#samples = [];
    this.#fresh = true;
  }

  /** Bits per second of media where decoded bytes are counted; else of what came in. */
  #bits(speed) {
    const decoded = this.#rate('decoded', 'time');
    if (decoded > 0) return decoded * 8;
    const loaded = this.#rate('loaded', 'now');
    return loaded > 0 ? loaded * 8 : speed;
  }

  #rate(what, over) {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    const span = last[over] - first[over];
    if (first === last || !(span > 0.5) || first[what] === undefined || last[what] === undefined) return undefined;
    return (last[what] - first[what]) / span;
  }
}

/** Points of a curve in a box of `width` × `height`, the newest at the right; gaps where nothing is known. */
export function curve(values, width, height) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(...known, 1e-9) * 1.15;
  // It fills the box from the right, and soon: a young curve is drawn wider.
  const step = width / (Math.min(Math.max(values.length, 15), HISTORY) - 1);
  const from = width - (values.length - 1) * step;
  let pen = 'M';
  let path = '';
  values.forEach((value, n) => {
    if (value === null) {
      pen = 'M';
      return;
    }
    path += `${pen}${(from + n * step).toFixed(1)} ${(height - (value / top) * height).toFixed(1)}`;
    pen = 'L';
  });
  return path;
}
