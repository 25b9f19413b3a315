// Over the picture: play, sound, position, full screen; and what there is to say when it does not play.

import { $, setIcon } from './dom.js';
import { clockTime } from './format.js';
import { onLanguage, t } from './i18n.js';
import { recall, remember } from './store.js';

/** Controls go away after so long without a move, in ms. */
const REST = 2600;

export class Controls {
  #timer = 0;
  #screen = $('#screen');

  constructor(session, video) {
    Object.assign(this, { session, video });
    video.volume = Number(recall('volume') ?? 1);
    // Browsers let pictures begin by themselves, not sound: it comes with the first click.
    video.muted = true;
    $('#play').addEventListener('click', () => session.toggle());
    $('#mute').addEventListener('click', () => this.toggleSound());
    $('#sound').addEventListener('click', () => this.toggleSound());
    $('#volume').addEventListener('input', (event) => this.#setVolume(Number(event.target.value)));
    $('#edge').addEventListener('click', () => session.toEdge());
    $('#pip').addEventListener('click', () => this.togglePip());
    $('#full').addEventListener('click', () => this.toggleFull());
    $('#seek').addEventListener('input', (event) => this.#seek(Number(event.target.value)));
    $('#again').addEventListener('click', () => session.retry());
    video.addEventListener('click', () => this.#touched());
    video.addEventListener('dblclick', () => this.toggleFull());
    for (const name of ['volumechange', 'timeupdate', 'durationchange', 'loadeddata', 'resize']) video.addEventListener(name, () => this.#draw());
    for (const name of ['pointermove', 'focusin', 'keydown']) this.#screen.addEventListener(name, () => this.#wake());
    session.addEventListener('change', () => this.#draw());
    document.addEventListener('fullscreenchange', () => this.#draw());
    onLanguage(() => this.#draw());
    setInterval(() => session.state === 'retry' && this.#draw(), 500);
    $('#pip').hidden = !document.pictureInPictureEnabled;
  }

  toggleSound() {
    const { video } = this;
    video.muted = !video.muted;
    if (!video.muted && video.volume === 0) video.volume = 1;
  }

  toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.#screen.requestFullscreen) this.#screen.requestFullscreen().catch(() => {});
    else this.video.webkitEnterFullscreen?.();
  }

  togglePip() {
    if (document.pictureInPictureElement) document.exitPictureInPicture();
    else this.video.requestPictureInPicture?.().catch(() => {});
  }

  /** Moves a file by seconds. */
  skip(step) {
    const { video, session } = this;
    const length = lengthOf(video);
    if (session.isLive || !length) return;
    video.currentTime = Math.min(Math.max(video.currentTime + step, 0), length);
  }

  #setVolume(value) {
    this.video.volume = value;
    this.video.muted = value === 0;
    remember('volume', String(value));
  }

  #seek(part) {
    this.video.currentTime = part * lengthOf(this.video);
  }

  /** A mouse pauses with a click; a finger brings the controls first. */
  #touched() {
    const byFinger = matchMedia('(hover: none)').matches;
    if (!byFinger || this.#screen.classList.contains('awake')) this.session.toggle();
    this.#wake();
  }

  #wake() {
    this.#screen.classList.add('awake');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#screen.classList.remove('awake'), REST);
  }

  #draw() {
    const { video, session } = this;
    const { state } = session;
    const runs = !video.paused && state !== 'ended';
    this.#screen.dataset.state = state;
    this.#screen.classList.toggle('live', session.isLive);
    const hasPictures = video.videoWidth > 0 || video.readyState < 2;
    this.#screen.classList.toggle('blind', !hasPictures);
    setIcon($('#play'), runs ? 'pause' : 'play');
    this.#name($('#play'), runs ? 'control.pause' : 'control.play');
    const silent = video.muted || video.volume === 0;
    setIcon($('#mute'), silent ? 'muted' : 'sound');
    this.#name($('#mute'), silent ? 'control.unmute' : 'control.mute');
    $('#volume').value = silent ? 0 : video.volume;
    $('#sound').hidden = !silent || !['playing', 'stalled'].includes(state);
    $('#edge').hidden = !session.isLive;
    const length = lengthOf(video);
    const isFile = !session.isLive && length > 0;
    $('#seek').hidden = !isFile;
    $('#time').hidden = !isFile;
    if (isFile) {
      $('#seek').value = video.currentTime / length;
      $('#seek').setAttribute('aria-valuetext', clockTime(video.currentTime));
      $('#time').textContent = `${clockTime(video.currentTime)} / ${clockTime(length)}`;
    }
    this.#say();
  }

  #name(button, key) {
    button.setAttribute('aria-label', t(key));
    button.title = t(key);
  }

  /** One sentence of what is going on: over the picture when there is something to wait for. */
  #say() {
    const { session } = this;
    const via = session.route?.label ?? '';
    const left = Math.max(0, Math.ceil((session.retryAt - performance.now()) / 1000));
    const keys = { idle: null, loading: 'play.loading', playing: 'play.playing', paused: 'play.paused', stalled: 'play.stalled',
      retry: 'play.retry', ended: 'play.ended', failed: 'play.failed', codec: 'play.codec', unsupported: 'play.unsupported' };
    const key = session.state === 'playing' && session.instead ? 'play.instead' : keys[session.state];
    const text = key ? t(key, { via, seconds: left, why: session.why, from: session.instead }) : '';
    const overlay = !['idle', 'playing', 'paused'].includes(session.state);
    $('#notice').hidden = !overlay;
    $('#notice-text').textContent = text;
    $('#again').hidden = !['retry', 'ended', 'failed', 'codec', 'unsupported'].includes(session.state);
    $('#again').textContent = t(session.state === 'retry' ? 'play.retryNow' : 'play.again');
    $('#status').textContent = text;
    // Readers are told when something has changed, not every second of waiting.
    const said = `${session.state} ${via}`;
    if (this.#said !== said) {
      this.#said = said;
      $('#said').textContent = text;
    }
  }

  #said = '';
}

/** Seconds that can be watched by now: a recording may still grow. */
function lengthOf({ duration, seekable }) {
  if (Number.isFinite(duration)) return duration;
  return seekable.length > 0 ? seekable.end(seekable.length - 1) : 0;
}
