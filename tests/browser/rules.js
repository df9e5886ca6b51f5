// What is wrong with the page that is shown, one line each; run in the browser by test_accessibility.py.
const wrong = [];
const say = (rule, el) => wrong.push(rule + ': ' + (el ? el.outerHTML.slice(0, 120) : ''));
const all = (selector) => [...document.querySelectorAll(selector)];
const shown = (el) => el.getClientRects().length > 0 && getComputedStyle(el).visibility !== 'hidden';
const name = (el) => (el.getAttribute('aria-label') || (el.labels && [...el.labels].map(l => l.textContent).join(' ')) ||
  el.textContent || el.title || '').trim();
if (!document.documentElement.lang) say('no language');
if (!document.title.trim()) say('no title');
if (all('main').length !== 1) say('not one main');
if (all('h1').length !== 1) say('not one h1');
let level = 0;
for (const h of all('h1, h2, h3, h4')) {
  const now = Number(h.tagName[1]);
  if (now > level + 1) say('a level of headings is skipped', h);
  level = now;
}
for (const el of all('input:not([type=hidden]), select, textarea, button, a[href], nav, [role=region]'))
  if (shown(el) && !name(el)) say('no name', el);
for (const el of all('img')) if (!el.hasAttribute('alt')) say('no alt', el);
for (const el of all('svg'))
  if (el.getAttribute('aria-hidden') !== 'true' && !el.closest('[aria-hidden=true]') &&
      !(el.getAttribute('role') === 'img' && el.getAttribute('aria-label'))) {
    if (!el.parentElement.closest('svg')) say('a drawing without a name', el);
  }
const ids = all('[id]').map(el => el.id);
for (const id of new Set(ids)) if (ids.filter(one => one === id).length > 1 && !document.getElementById(id).closest('svg')) say('an id twice: ' + id);
for (const el of all('table')) {
  if (!el.querySelector('th')) say('a table without heads', el);
  for (const th of el.querySelectorAll('th')) if (!th.scope) say('a head without scope', th);
}
for (const el of all('[tabindex]')) if (el.tabIndex > 0) say('a tabindex above 0', el);
const numbers = (colour) => { const m = colour.match(/[\d.]+/g).map(Number);
  return colour.startsWith('color(srgb') ? [m[0] * 255, m[1] * 255, m[2] * 255, m[3] === undefined ? 1 : m[3]]
    : [m[0], m[1], m[2], m[3] === undefined ? 1 : m[3]]; };
const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3])).concat(1);
const ground = (el) => {
  const layers = [];
  for (let at = el; at; at = at.parentElement) layers.push(numbers(getComputedStyle(at).backgroundColor));
  return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
};
const light = (c) => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = new Set();
while (walker.nextNode()) {
  const text = walker.currentNode, el = text.parentElement;
  if (!text.data.trim() || !shown(el) || el.closest('option, title, desc, .skip')) continue;
  const style = getComputedStyle(el), drawn = el instanceof SVGElement;
  const under = ground(drawn ? el.closest('svg').parentElement : el);
  let opacity = 1;
  for (let at = el; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
  const ink = numbers(drawn ? style.fill : style.color); ink[3] *= opacity;
  const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const ratio = contrast(over(ink, under), under);
  const key = [style.color, style.fill, under.join(), size].join();
  if (ratio < (large ? 3 : 4.5) - 0.01 && !seen.has(key)) { seen.add(key);
    wrong.push('contrast ' + ratio.toFixed(2) + ': ' + text.data.trim().slice(0, 40) + ' <' + el.tagName + ' ' + (el.getAttribute('class') || '') + '>'); }
}
if (document.documentElement.scrollWidth > window.innerWidth + 1) wrong.push('scrolls sideways: ' + document.documentElement.scrollWidth);
return wrong;
