import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff, CatchUp } from '../src/pace.js';

/** Plays for `seconds` from `ahead`; gives where it ends and how often it jumped. */
function play(pace, ahead, seconds, from = 0) {
  let jumps = 0;
  for (let now = from; now < from + seconds; now += 0.25) {
    const { rate, jump } = pace.next(ahead, now);
    if (jump !== null) {
      ahead = jump;
      jumps += 1;
    }
    ahead -= (rate - 1) * 0.25;
  }
  return { ahead, jumps };
}

test('the first picture is the newest: what a server kept for the joiner is jumped over', () => {
  const { ahead, jumps } = play(new CatchUp(), 4, 1);
  assert.equal(jumps, 1);
  assert.ok(ahead < 1);
});

test('lost seconds are caught up by playing faster, not by a jump, and it ends there', () => {
  const pace = new CatchUp();
  play(pace, 0.8, 1);
  const { ahead, jumps } = play(pace, 4, 60, 1);
  assert.equal(jumps, 0);
  assert.ok(Math.abs(ahead - pace.target) < 0.1, ahead);
  assert.equal(pace.next(ahead, 70).rate, 1);
});

test('a little more than wanted is left alone', () => {
  const pace = new CatchUp();
  play(pace, 0.8, 1);
  assert.deepEqual(pace.next(1.2, 2), { rate: 1, jump: null });
});

test('far behind it jumps', () => {
  const pace = new CatchUp();
  play(pace, 0.8, 1);
  assert.equal(play(pace, 30, 1, 1).jumps, 1);
});

test('who runs dry aims higher, within bounds, and lower again when it was calm', () => {
  const pace = new CatchUp();
  for (let n = 0; n < 20; n += 1) pace.stalled(n);
  assert.equal(pace.target, 4);
  play(pace, 4, 600, 20);
  assert.equal(pace.target, 0.8);
});

test('attempts come slower and slower, but come', () => {
  const waits = Array.from({ length: 40 }, (_, n) => backoff(n));
  assert.equal(waits[0], 1000);
  assert.ok(waits.every((wait, n) => n === 0 || wait >= waits[n - 1]));
  assert.equal(waits.at(-1), 15000);
});
