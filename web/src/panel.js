// Below the picture: what is measured, and the addresses to copy.

import { $, copyText, el, icon } from './dom.js';
import { bufferedEnd } from './engines/index.js';
import * as format from './format.js';
import { onLanguage, t } from './i18n.js';
import { curve, Meter } from './meter.js';
import { playUrls } from './urls.js';

export class Panel {
  #meter = new Meter();
  #shown = null;

  /** `at()`: `{ base, params, rtmp }`. */
  constructor(session, video, at) {
    Object.assign(this, { session, video, at });
    setInterval(() => this.#measure(), 1000);
    onLanguage(() => this.#shown && this.show(this.#shown));
  }

  /** Something else plays. */
  show(source) {
    if (this.#shown !== source) this.#meter.reset();
    this.#shown = source;
    this.#drawUrls(source);
    this.#measure();
  }

  #measure() {
    if (!this.#shown || document.hidden) return;
    const { video, session } = this;
    const facts = session.facts();
    const quality = video.getVideoPlaybackQuality?.() ?? { totalVideoFrames: 0, droppedVideoFrames: 0 };
    const decoded = video.webkitVideoDecodedByteCount === undefined
      ? undefined : video.webkitVideoDecodedByteCount + video.webkitAudioDecodedByteCount;
    const seen = this.#meter.sample({
      now: performance.now() / 1000, time: video.currentTime, end: bufferedEnd(video),
      frames: quality.totalVideoFrames, decoded, loaded: facts.bytes, speed: facts.bitsPerSecond,
      latency: facts.latency, live: session.isLive,
    });
    this.#drawVideo(facts);
    const droppedWords = { dropped: quality.droppedVideoFrames, total: quality.totalVideoFrames };
    const hasPictures = quality.totalVideoFrames > 0;
    this.#put('fps', format.fps(seen.fps), hasPictures ? t('stat.dropped', droppedWords) : '');
    $('#stat-fps').classList.toggle('bad', quality.droppedVideoFrames > 0.02 * quality.totalVideoFrames + 5);
    this.#put('bitrate', format.bitrate(seen.bitrate), '');
    this.#put('buffer', format.seconds(seen.buffer), session.aim === null || seen.buffer === undefined ? '' : t('stat.aim', { seconds: format.seconds(session.aim) }));
    $('.stats').classList.toggle('file', !session.isLive);
    this.#put('latency', format.seconds(seen.latency), seen.latency === undefined ? '' : this.#pace(session.rate));
    for (const [name, values] of Object.entries(this.#meter.history)) {
      $(`#stat-${name} path`).setAttribute('d', curve(values, 120, 28));
    }
  }

  #pace(rate) {
    if (Math.abs(rate - 1) < 0.005) return t('stat.steady');
    return t(rate > 1 ? 'stat.speed' : 'stat.slow', { rate: rate.toFixed(2) });
  }

  /** The server has said where RTMP is spoken, or another address has changed. */
  refreshUrls() {
    if (this.#shown) this.#drawUrls(this.#shown);
  }

  #drawVideo(facts) {
    const { video } = this;
    const [pictures, profile] = format.codec(facts.videoCodec);
    const size = video.videoWidth > 0 ? `${video.videoWidth}×${video.videoHeight}` : '';
    const noPictures = facts.videoCodec === '' || (video.readyState > 1 && video.videoWidth === 0);
    this.#put('video', noPictures ? t('stat.none') : size || pictures, noPictures ? '' : [size && pictures !== '–' ? pictures : '', profile].filter(Boolean).join(' '));
    const [sound, soundProfile] = format.codec(facts.audioCodec);
    const words = { 1: t('stat.mono'), 2: t('stat.stereo') };
    const more = [soundProfile, format.sound(facts.rate, facts.channels, words)].filter(Boolean).join(' ');
    this.#put('audio', facts.audioCodec === '' ? t('stat.none') : sound, facts.audioCodec ? more : '');
  }

  #put(name, value, note) {
    const box = $(`#stat-${name}`);
    box.querySelector('.value').textContent = value;
    box.querySelector('.note').textContent = note;
  }

  #drawUrls(source) {
    const page = { label: t('copy.page'), url: location.href, isPage: true };
    const rows = [...playUrls(source, this.at()), page].map(({ label, url, isPage }) => {
      const shown = el('code', { dir: 'ltr' }, url);
      const button = el('button', { type: 'button', class: 'copy', 'aria-label': t('copy.label', { name: label }) }, icon('copy'), el('span', {}, t('copy.copy')));
      button.addEventListener('click', async () => {
        const copied = await copyText(isPage ? location.href : url);
        if (!copied) getSelection().selectAllChildren(shown);
        const said = copied ? t('copy.done') : t('copy.failed');
        button.lastChild.textContent = said;
        button.classList.toggle('done', copied);
        $('#said').textContent = said;
        setTimeout(() => {
          button.lastChild.textContent = t('copy.copy');
          button.classList.remove('done');
        }, 1600);
      });
      return el('li', {}, el('span', { class: 'kind' }, label), shown, button);
    });
    $('#urls').replaceChildren(...rows);
  }
}
