import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as format from '../src/format.js';

test('numbers', () => {
  assert.deepEqual([0, 940_400, 1_234_000, 25_600_000, undefined].map(format.bitrate), ['0 kb/s', '940 kb/s', '1.23 Mb/s', '25.6 Mb/s', '–']);
  assert.deepEqual([0.034, 0.8, 12.34, undefined, NaN].map(format.seconds), ['34 ms', '0.80 s', '12.3 s', '–', '–']);
  assert.deepEqual([0, 65.9, 3725, Infinity].map(format.clockTime), ['0:00', '1:05', '1:02:05', '0:00']);
  assert.deepEqual([24.9, 30.2, 12.5, 0, undefined].map(format.fps), ['25', '30', '12.5', '–', '–']);
});

test('codecs', () => {
  for (const [text, words] of [
    ['avc1.64001f', 'H.264 High 3.1'], ['avc1.42c01e', 'H.264 Baseline 3.0'], ['avc3.4d4028', 'H.264 Main 4.0'],
    ['hvc1.1.6.L93.B0', 'H.265 Main 3.1'], ['hev1.2.4.H120.90', 'H.265 Main 10 4.0'], ['av01.0.04M.08', 'AV1 Main'],
    ['vp09.00.10.08', 'VP9 profile 0'], ['mp4a.40.2', 'AAC-LC'], ['mp4a.40.5', 'HE-AAC'], ['mp4a.6B', 'MP3'], ['mp4a.40.34', 'MP3'],
    ['opus', 'Opus'], ['Opus', 'Opus'], ['fLaC', 'FLAC'], ['ec-3', 'E-AC-3'], ['wxyz.1', 'wxyz.1'], ['', '–'], [undefined, '–'],
  ]) assert.equal(format.codec(text).join(' ').trim(), words, text);
});

test('sound', () => {
  const words = { 1: 'mono', 2: 'stereo' };
  assert.equal(format.sound(44100, 2, words), '44.1 kHz · stereo');
  assert.equal(format.sound(48000, 6, words), '48 kHz · 6 ch');
  assert.equal(format.sound(undefined, undefined, words), '');
});
