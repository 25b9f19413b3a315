// The list on the left: live streams, recordings, files; filter, folders, keys; it keeps itself fresh.

import { Refused } from './api.js';
import { $, el, icon } from './dom.js';
import { onLanguage, t } from './i18n.js';
import { clock, idOf, isPlayable } from './urls.js';

/** How often lists are read again, in ms. */
const FRESH = { live: 3000, rec: 15000, vod: 15000 };
const TABS = ['live', 'rec', 'vod'];

export class Catalog {
  #api;
  #tab = 'live';
  #folders = { live: '', rec: '', vod: '' };
  #lists = { live: null, rec: null, vod: null };
  #failure = null;
  #shown = [];
  #drawn = '';
  #active = -1;
  #openId = null;
  #timer = 0;
  #asked = 0;
  #box = $('#list');
  #filter = $('#filter');

  /** `onOpen(source)`: somebody chose; `onLive(ids, streams)`: what is live was read anew. */
  constructor(api, { onOpen, onLive, onServer }) {
    this.#api = api;
    Object.assign(this, { onOpen, onLive, onServer });
    for (const name of TABS) $(`#tab-${name}`).addEventListener('click', () => this.show(name));
    $('#tabs').addEventListener('keydown', (event) => this.#tabKey(event));
    this.#filter.addEventListener('input', () => this.#draw());
    this.#filter.addEventListener('keydown', (event) => this.#filterKey(event));
    this.#box.addEventListener('keydown', (event) => this.#listKey(event));
    this.#box.addEventListener('click', (event) => this.#clicked(event));
    this.#box.addEventListener('focus', () => this.#activate(this.#active >= 0 ? this.#active : Math.max(0, this.#indexOfOpen())));
    this.#box.addEventListener('blur', () => this.#activate(-1));
    document.addEventListener('visibilitychange', () => document.hidden || this.refresh());
    onLanguage(() => this.#draw(true));
  }

  /** Shows a tab, perhaps at a folder of it. */
  show(tab, folder = this.#folders[tab]) {
    this.#tab = tab;
    this.#folders[tab] = folder;
    this.#lists[tab] = tab === 'live' ? this.#lists.live : null;
    this.#filter.value = '';
    this.#active = -1;
    for (const name of TABS) {
      const button = $(`#tab-${name}`);
      button.setAttribute('aria-selected', String(name === tab));
      button.tabIndex = name === tab ? 0 : -1;
    }
    this.#draw(true);
    return this.refresh();
  }

  /** The source that is playing. */
  mark(source) {
    this.#openId = source && idOf(source);
    this.#draw(true);
  }

  focus() {
    this.#box.focus();
  }

  focusFilter() {
    this.#filter.focus();
    this.#filter.select();
  }

  /** Moves the focus into the list and there by `step`. */
  move(step) {
    this.#box.focus();
    this.#activate(Math.min(Math.max(this.#active + step, 0), this.#shown.length - 1));
  }

  /** Reads what is shown, and what is live, again. */
  async refresh() {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    const tab = this.#tab;
    const folder = this.#folders[tab];
    let failure = null;
    const wanted = tab === 'live' ? ['live'] : [tab, 'live'];
    const results = await Promise.allSettled(wanted.map((name) => this.#api[name](this.#folders[name])));
    if (asked !== this.#asked) return;
    results.forEach((result, n) => {
      if (result.status === 'fulfilled') this.#lists[wanted[n]] = result.value;
      else if (n === 0) failure = result.reason;
    });
    const there = results.some((result) => result.status === 'fulfilled' || result.reason instanceof Refused);
    if (there && failure) this.#lists[tab] = [];
    this.#failure = failure;
    this.onServer(there);
    const live = results[wanted.indexOf('live')];
    if (live.status === 'fulfilled') this.onLive(new Set(live.value.map(idOf)), live.value);
    if (folder === this.#folders[this.#tab]) this.#draw();
    // A page in the background reads on, for a stream that comes back, but less often.
    this.#timer = setTimeout(() => this.refresh(), FRESH[tab] * (document.hidden ? 5 : 1));
  }

  #indexOfOpen() {
    return this.#shown.findIndex((entry) => !entry.isFolder && idOf(entry) === this.#openId);
  }

  #matching() {
    const text = this.#filter.value.trim().toLowerCase();
    const list = this.#lists[this.#tab] ?? [];
    return text ? list.filter((entry) => `${entry.name} ${entry.path}`.toLowerCase().includes(text)) : list;
  }

  #draw(always = false) {
    const kept = this.#shown[this.#active]?.path;
    const shown = this.#matching();
    const state = JSON.stringify([this.#tab, this.#folders, shown, this.#filter.value, String(this.#failure), !this.#lists[this.#tab]]);
    $('#count-live').textContent = this.#lists.live?.length || '';
    if (!always && state === this.#drawn) return;
    this.#drawn = state;
    this.#shown = shown;
    this.#box.setAttribute('aria-label', t(`list.${this.#tab}`));
    this.#box.replaceChildren(...shown.map((entry, n) => this.#row(entry, n)));
    this.#drawPath();
    const message = this.#message();
    $('#list-note').textContent = message;
    $('#list-note').hidden = !message;
    this.#box.hidden = shown.length === 0;
    const active = shown.findIndex((entry) => entry.path === kept);
    this.#activate(document.activeElement === this.#box ? Math.max(active, 0) : -1, false);
    if (this.#filter.value) $('#list-said').textContent = t('list.count', { count: shown.length });
  }

  #message() {
    if (this.#shown.length > 0) return '';
    if (this.#failure instanceof Refused) {
      const denied = [401, 403].includes(this.#failure.status);
      return denied ? t('list.denied') : t('list.failed', { why: this.#failure.message });
    }
    if (!this.#lists[this.#tab]) return this.#failure ? '' : t('list.loading');
    if (this.#filter.value) return t('list.noMatch', { text: this.#filter.value });
    return t({ live: 'list.noLive', rec: 'list.noRec', vod: 'list.noVod' }[this.#tab]);
  }

  #row(entry, n) {
    const open = !entry.isFolder && idOf(entry) === this.#openId;
    const useless = entry.kind === 'vod' && !entry.isFolder && !isPlayable(entry.name);
    const picture = entry.isFolder ? 'folder' : entry.kind === 'live' ? 'live' : 'film';
    return el('li', {
      id: `option-${n}`, role: 'option', class: `row ${entry.kind}${open ? ' open' : ''}${useless ? ' useless' : ''}`,
      'aria-selected': String(open), 'data-n': n, title: entry.path,
    },
    icon(picture),
    el('span', { class: 'name', dir: 'auto' }, entry.kind === 'rec' && !entry.isFolder ? clock(entry.name) : entry.name),
    entry.app === 'rec' ? el('span', { class: 'tag', title: t('list.recordedTitle') }, t('list.recorded')) : null,
    entry.isFolder ? icon('chevron') : null);
  }

  #drawPath() {
    const folder = this.#folders[this.#tab];
    const path = $('#path');
    path.hidden = !folder;
    if (!folder) return;
    const parts = folder.split('/');
    const links = parts.map((part, n) => el('button', {
      type: 'button', class: 'crumb', 'aria-current': n === parts.length - 1 ? 'page' : undefined,
      onclick: () => this.show(this.#tab, parts.slice(0, n + 1).join('/')),
    }, part));
    const root = el('button', { type: 'button', class: 'crumb', onclick: () => this.show(this.#tab, '') }, t(`tab.${this.#tab}`));
    path.replaceChildren(root, ...links);
  }

  #activate(index, scroll = true) {
    this.#active = index;
    const rows = this.#box.children;
    for (const row of this.#box.querySelectorAll('.active')) row.classList.remove('active');
    const row = rows[index];
    if (!row) return this.#box.removeAttribute('aria-activedescendant');
    row.classList.add('active');
    this.#box.setAttribute('aria-activedescendant', row.id);
    if (scroll) row.scrollIntoView({ block: 'nearest' });
  }

  #open(entry) {
    if (!entry) return;
    if (entry.isFolder) {
      this.show(this.#tab, entry.path).then(() => document.activeElement === document.body && this.#box.focus());
    } else {
      this.onOpen({ kind: entry.kind, path: entry.path });
    }
  }

  #up() {
    const folder = this.#folders[this.#tab];
    if (folder) this.show(this.#tab, folder.split('/').slice(0, -1).join('/')).then(() => this.#box.focus());
  }

  #clicked(event) {
    const row = event.target.closest('[data-n]');
    if (row) this.#open(this.#shown[Number(row.dataset.n)]);
  }

  #tabKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const next = TABS[(TABS.indexOf(this.#tab) + step + TABS.length) % TABS.length];
    this.show(next);
    $(`#tab-${next}`).focus();
  }

  #filterKey(event) {
    if (event.key === 'ArrowDown') this.#box.focus();
    else if (event.key === 'Enter') this.#open(this.#shown[0]);
    else if (event.key === 'Escape' && this.#filter.value) {
      this.#filter.value = '';
      this.#draw();
    } else if (event.key === 'Escape') this.#filter.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #listKey(event) {
    const last = this.#shown.length - 1;
    const to = {
      ArrowDown: Math.min(this.#active + 1, last), ArrowUp: Math.max(this.#active - 1, 0), Home: 0, End: last,
      PageDown: Math.min(this.#active + 10, last), PageUp: Math.max(this.#active - 10, 0),
    }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (to !== undefined) this.#activate(to);
    else if (event.key === 'Enter') this.#open(this.#shown[this.#active]);
    else if (event.key === 'ArrowRight' && this.#shown[this.#active]?.isFolder) this.#open(this.#shown[this.#active]);
    else if (event.key === 'Backspace' || (event.key === 'ArrowLeft' && this.#folders[this.#tab])) this.#up();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
