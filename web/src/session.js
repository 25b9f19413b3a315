// One thing that plays: opens it, keeps it near the newest data, and comes back when it was lost.
//
//     idle ─▶ loading ─▶ playing ⇄ stalled, paused ─▶ ended
//                ▲          │
//                └─ retry ◀─┴─▶ failed

import { bufferedEnd, start } from './engines/index.js';
import { backoff, CatchUp } from './pace.js';
import { idOf } from './urls.js';

/** A live stream that shows nothing new for so long is asked for anew, in s. */
const DRY = 12;
/** After so long of playing the next loss is a first one again, in s. */
const STEADY = 8;

export class Session extends EventTarget {
  source = null;
  route = null;
  state = 'idle';
  why = '';
  /** When the next attempt is, by `performance.now()`. */
  retryAt = 0;
  #video;
  #engine = null;
  #turn = 0;
  #attempt = 0;
  #timer = 0;
  #catchUp = new CatchUp();
  #moved = { at: 0, time: -1 };
  #playingSince = 0;
  #stopping = Promise.resolve();

  constructor(video) {
    super();
    this.#video = video;
    const on = (name, listener) => video.addEventListener(name, () => this.#engine && listener());
    on('playing', () => this.#playing());
    on('pause', () => video.ended || this.state === 'retry' || this.#become('paused'));
    on('waiting', () => this.#waiting());
    on('ended', () => this.route.live || this.#become('ended'));
    setInterval(() => this.#keepUp(), 250);
    document.addEventListener('visibilitychange', () => document.hidden || (this.route?.live && this.toEdge()));
  }

  get isLive() {
    return Boolean(this.route?.live);
  }

  /** How fast it plays to catch up; 1 when it need not. */
  get rate() {
    return this.isLive ? this.#video.playbackRate : 1;
  }

  /** Seconds of media that a live player aims at; null where the engine decides. */
  get aim() {
    return this.isLive && !this.facts().paced ? this.#catchUp.target : null;
  }

  facts() {
    return this.#engine?.facts() ?? {};
  }

  /** Plays this source by this route. */
  open(source, route) {
    this.source = source;
    this.route = route;
    this.#attempt = 0;
    this.#catchUp = new CatchUp();
    return this.#begin();
  }

  /** Tries again at once. */
  retry() {
    if (this.source) this.#begin();
  }

  /** What is live was read anew: what was waited for may be among it. */
  heard(liveIds) {
    if (this.state === 'retry' && this.source.kind === 'live' && liveIds.has(idOf(this.source))) this.retry();
  }

  toggle() {
    const video = this.#video;
    if (['failed', 'codec', 'unsupported', 'retry', 'ended'].includes(this.state)) return this.retry();
    if (!video.paused) return video.pause();
    this.#play();
    if (this.isLive) this.toEdge();
  }

  /** On with the newest picture. */
  toEdge() {
    if (this.#engine?.edge) return this.#engine.edge();
    const end = bufferedEnd(this.#video);
    if (end !== null && end - this.#video.currentTime > this.#catchUp.target + 0.3) {
      this.#video.currentTime = end - this.#catchUp.target;
    }
  }

  async #begin() {
    const turn = ++this.#turn;
    clearTimeout(this.#timer);
    this.#halt();
    await this.#stopping;
    if (turn !== this.#turn) return;
    this.#moved = { at: performance.now(), time: -1 };
    this.#become('loading');
    this.#video.playbackRate = 1;
    const hear = (what, why) => turn === this.#turn && this.#heard(what, why);
    try {
      const engine = await start(this.route, { video: this.#video, hear });
      if (turn !== this.#turn) return void engine?.stop();
      this.#engine = engine;
      if (engine) this.#play();
    } catch (error) {
      hear('lost', error.message);
    }
  }

  #halt() {
    const engine = this.#engine;
    this.#engine = null;
    try {
      this.#stopping = Promise.resolve(engine?.stop()).catch(() => {});
    } catch {
      this.#stopping = Promise.resolve();
    }
  }

  #play() {
    const video = this.#video;
    video.play().catch((error) => {
      // Sound without a gesture is not allowed; pictures are.
      if (error.name !== 'NotAllowedError' || video.muted) return;
      video.muted = true;
      video.play().catch(() => {});
    });
  }

  #playing() {
    this.#playingSince = performance.now();
    this.#become('playing');
  }

  #waiting() {
    if (this.state !== 'playing') return;
    this.#catchUp.stalled(performance.now() / 1000);
    this.#become('stalled');
  }

  #heard(what, why = '') {
    if (what === 'lost' && this.isLive) return this.#comeBack(why);
    this.#turn += 1;
    this.#halt();
    this.why = why;
    this.#become(what === 'codec' || what === 'unsupported' ? what : 'failed');
  }

  #comeBack(why) {
    const steady = this.#playingSince > 0 && performance.now() - this.#playingSince > STEADY * 1000;
    this.#attempt = steady ? 0 : this.#attempt;
    this.#playingSince = 0;
    this.#turn += 1;
    this.#halt();
    const wait = backoff(this.#attempt++);
    this.retryAt = performance.now() + wait;
    this.why = why;
    this.#become('retry');
    this.#timer = setTimeout(() => this.#begin(), wait);
  }

  #keepUp() {
    const video = this.#video;
    if (!this.#engine || !this.isLive || video.paused) return;
    const now = performance.now();
    if (video.currentTime !== this.#moved.time) this.#moved = { at: now, time: video.currentTime };
    else if (now - this.#moved.at > DRY * 1000 && !document.hidden) return this.#comeBack('');
    this.#overGap(now);
    if (this.#engine.facts().paced || video.seeking) return;
    const end = bufferedEnd(video);
    if (end === null) return;
    const { rate, jump } = this.#catchUp.next(end - video.currentTime, now / 1000);
    if (jump !== null) video.currentTime = end - jump;
    if (video.playbackRate !== rate) video.playbackRate = rate;
  }

  /** Data that begins behind a hole is gone on with after a moment. */
  #overGap(now) {
    const video = this.#video;
    const { buffered } = video;
    if (now - this.#moved.at < 600 || buffered.length === 0) return;
    for (let n = 0; n < buffered.length; n += 1) {
      const begin = buffered.start(n);
      if (begin > video.currentTime && buffered.end(n) - begin > 0.1) {
        video.currentTime = begin + 0.01;
        return;
      }
    }
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }
}
