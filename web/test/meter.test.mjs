import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curve, HISTORY, Meter } from '../src/meter.js';

/** A second of 25 frames and 100,000 bytes a time. */
const second = (n, more = {}) => ({ now: 100 + n, time: 7 + n, end: 8 + n, frames: 25 * n, decoded: 100_000 * n, live: true, ...more });

test('rates are of the last seconds of media', () => {
  const meter = new Meter();
  let seen;
  for (let n = 0; n < 10; n += 1) seen = meter.sample(second(n));
  assert.deepEqual(seen, { fps: 25, bitrate: 800_000, buffer: 1, latency: 1 });
});

test('playing faster does not look like more bits', () => {
  const meter = new Meter();
  let seen;
  for (let n = 0; n < 10; n += 1) seen = meter.sample(second(n, { now: 100 + n / 1.1 }));
  assert.equal(Math.round(seen.bitrate), 800_000);
  assert.equal(seen.fps, 25);
});

test('after a jump nothing is made up', () => {
  const meter = new Meter();
  for (let n = 0; n < 5; n += 1) meter.sample(second(n));
  const seen = meter.sample(second(5, { time: 500, end: 501 }));
  assert.deepEqual([seen.fps, seen.bitrate], [undefined, undefined]);
});

test('without decoded bytes, what came in counts; else what the engine says', () => {
  const meter = new Meter();
  let seen;
  for (let n = 0; n < 6; n += 1) seen = meter.sample(second(n, { decoded: undefined, loaded: 50_000 * n }));
  assert.equal(seen.bitrate, 400_000);
  assert.equal(new Meter().sample(second(0, { decoded: undefined, speed: 123 })).bitrate, 123);
});

test('the engine knows latency better; files have none', () => {
  assert.equal(new Meter().sample(second(0, { latency: 2.5 })).latency, 2.5);
  assert.equal(new Meter().sample(second(0, { live: false })).latency, undefined);
  assert.equal(new Meter().sample(second(0, { end: null })).buffer, undefined);
});

test('curves stay in their box and have gaps', () => {
  const path = curve([1, null, 2, 4], 120, 28);
  assert.equal(path.match(/M/g).length, 2);
  for (const [, x, y] of path.matchAll(/[ML]([-\d.]+) ([-\d.]+)/g)) {
    assert.ok(x >= 0 && x <= 120 && y >= 0 && y <= 28, path);
  }
  assert.equal(curve([], 120, 28), '');
  const meter = new Meter();
  for (let n = 0; n < 2 * HISTORY; n += 1) meter.sample(second(n));
  assert.equal(meter.history.buffer.length, HISTORY);
});
