// English and Chinese. `t(key)` for scripts; `data-t`, `data-t-label`, `data-t-title`, `data-t-hint` in the page.

import en from './words/en.js';
import zh from './words/zh.js';
import { recall, remember } from './store.js';

export const WORDS = { en, zh };
const TAGS = { en: 'en', zh: 'zh-CN' };
const listeners = new Set();
let language = 'en';

/** The language of a visitor: the one asked for, the one chosen before, or the browser's. */
export function choose(asked, chosen, preferred) {
  const known = (tag) => Object.keys(WORDS).find((name) => tag?.toLowerCase().split('-')[0] === name);
  return known(asked) ?? known(chosen) ?? preferred.map(known).find(Boolean) ?? 'en';
}

/** A sentence; `{name}` in it stands for `values.name`. */
export function t(key, values = {}) {
  const text = WORDS[language][key] ?? WORDS.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export const currentLanguage = () => language;

/** Calls `listener` whenever the language has changed. */
export const onLanguage = (listener) => listeners.add(listener);

export function translate(root) {
  const each = (name, put) => {
    for (const node of root.querySelectorAll(`[data-${name}]`)) put(node, t(node.getAttribute(`data-${name}`)));
  };
  each('t', (node, text) => { node.textContent = text; });
  each('t-label', (node, text) => node.setAttribute('aria-label', text));
  each('t-title', (node, text) => { node.title = text; });
  each('t-hint', (node, text) => { node.placeholder = text; });
}

export function setLanguage(name) {
  language = name;
  document.documentElement.lang = TAGS[name];
  translate(document);
  for (const listener of listeners) listener();
}

export function startLanguage() {
  const asked = new URLSearchParams(location.search).get('lang');
  setLanguage(choose(asked, recall('lang'), navigator.languages ?? [navigator.language]));
}

export function switchLanguage() {
  const next = language === 'en' ? 'zh' : 'en';
  remember('lang', next);
  setLanguage(next);
}
