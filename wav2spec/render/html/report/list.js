// A list of which only what is seen exists: rows are made once and filled anew when the list is scrolled.
'use strict';

const list = byId('list'), inner = byId('inner');
const ROW_HEIGHT = 52, CELL_HEIGHT = 76, CELL_WIDTH = 108, OVERSCAN = 3;
// Browsers do not lay out elements much higher than this; of a longer list, scrolling is scaled (CSS pixels).
const MAX_HEIGHT = 8e6;
const rowNodes = [];
let asGrid = false, perLine = 1, lineHeight = ROW_HEIGHT;

// ---- thumbnails: sheets that become images when they are first seen
const sheetUrls = new Map();

function sheetUrl(number) {
  if (!sheetUrls.has(number)) {
    const block = byId('sheet-' + number);
    sheetUrls.set(number, URL.createObjectURL(new Blob([readBase64(block.textContent)], {type: 'image/webp'})));
    block.remove();
  }
  return sheetUrls.get(number);
}

function showThumbnail(element, row) {
  const number = columns.thumbnail[row], {width, height, side} = data.thumbnail;
  element.classList.toggle('none', number === null);
  element.textContent = number === null && severity[row] >= 1000 ? '✕' : '';
  if (number === null) { element.style.backgroundImage = 'none'; return; }
  const within = number % (side * side);
  element.style.backgroundImage = `url(${sheetUrl(Math.floor(number / (side * side)))})`;
  element.style.backgroundPosition = `-${within % side * width}px -${Math.floor(within / side) * height}px`;
}

// ---- rows
function makeRow() {
  const node = make('div', {className: 'row', role: 'row'});
  const kinds = ['picture', 'source', 'found', ...COLUMNS.slice(3).map(() => 'number')];
  node.append(...kinds.map(className => make('div', {className, role: 'gridcell'})));
  node.onclick = () => { select(node.row, true); };
  inner.append(node);
  return node;
}

function fillRow(node, row, position) {
  node.row = row;
  node.id = 'row-' + row;
  node.ariaRowIndex = position + 1;
  const [picture, source, found, ...numbers] = node.children, name = printable(columns.source[row]);
  showThumbnail(picture, row);
  source.textContent = asGrid ? name.split('/').pop() : name;
  source.title = name;
  found.textContent = '';
  for (const flag of flagsOf(row)) found.append(make('span', {className: 'flag', textContent: flag.name, title: flag.help}));
  const reason = printable(reasonOf(row));
  found.append(reason);
  found.title = reason;
  numbers.forEach((cell, index) => {
    const {key, format} = COLUMNS[index + 3], value = columns[key][row];
    cell.textContent = value === null ? '' : format(value);
  });
}

function layOutList() {
  byId('heads').style.paddingRight = 6 + list.offsetWidth - list.clientWidth + 'px';
  lineHeight = asGrid ? CELL_HEIGHT : ROW_HEIGHT;
  perLine = asGrid ? Math.max(1, Math.floor((list.clientWidth - 8) / CELL_WIDTH)) : 1;
  inner.style.height = Math.min(MAX_HEIGHT, Math.ceil(view.order.length / perLine) * lineHeight) + 'px';
}

// How far the whole list is scrolled, were it laid out.
function scrolled() {
  const full = Math.ceil(view.order.length / perLine) * lineHeight - list.clientHeight;
  const laidOut = Math.min(MAX_HEIGHT, full + list.clientHeight) - list.clientHeight;
  return laidOut > 0 ? list.scrollTop * Math.max(1, full / laidOut) : 0;
}

function drawList(refill) {
  const top = scrolled(), firstLine = Math.max(0, Math.floor(top / lineHeight) - OVERSCAN);
  const nLines = Math.ceil(list.clientHeight / lineHeight) + 2 * OVERSCAN;
  const first = firstLine * perLine, n = Math.max(0, Math.min(view.order.length - first, nLines * perLine));
  while (rowNodes.length < n) rowNodes.push(makeRow());
  // A position keeps its node while it is seen: scrolling fills only the rows that come into view.
  const used = new Set();
  for (let position = first; position < first + n; position++) {
    const node = rowNodes[position % rowNodes.length], row = view.order[position];
    used.add(node);
    node.hidden = false;
    const y = Math.floor(position / perLine) * lineHeight - top + list.scrollTop;
    node.style.transform = `translate(${asGrid ? position % perLine * CELL_WIDTH + 4 : 0}px, ${y}px)`;
    if (refill || node.row !== row) fillRow(node, row, position);
    node.classList.toggle('current', row === view.current);
    node.classList.toggle('marked', view.marked.has(row));
    node.ariaSelected = row === view.current;
  }
  for (const node of rowNodes) {
    if (used.has(node)) continue;
    node.hidden = true;
    node.row = -1;
    node.id = '';
  }
  if (view.current >= 0) list.setAttribute('aria-activedescendant', 'row-' + view.current);
}

function scrollToRow(row) {
  const y = Math.floor(view.order.indexOf(row) / perLine) * lineHeight, top = scrolled();
  if (y >= top && y + lineHeight <= top + list.clientHeight) return;
  const full = Math.ceil(view.order.length / perLine) * lineHeight - list.clientHeight;
  const laidOut = Math.min(MAX_HEIGHT, full + list.clientHeight) - list.clientHeight;
  list.scrollTop = (y - list.clientHeight / 2) * Math.min(1, laidOut / full);
}

function showHeads() {
  byId('heads').replaceChildren(...COLUMNS.map(({key, label, help, first}, index) => {
    const className = index > 2 ? 'number' : '';
    if (!key) return make('div', {className, role: 'columnheader', textContent: label});
    const active = view.sort === key, arrow = active ? (view.direction === 'descending' ? ' ▾' : ' ▴') : '';
    const button = make('button', {textContent: label + arrow, title: help ?? ''});
    button.onclick = () => {
      view.direction = !active ? first : view.direction === 'descending' ? 'ascending' : 'descending';
      view.sort = key;
      list.scrollTop = 0;
      update();
      byId('heads').children[index].firstChild.focus();
    };
    return make('div', {className, role: 'columnheader', ariaSort: active ? view.direction : 'none'}, button);
  }));
}

list.onscroll = () => drawList(false);
new ResizeObserver(() => { layOutList(); drawList(true); }).observe(list);
