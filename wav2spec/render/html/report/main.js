// Chips, search, marks and keys; `update` shows the rows anew after any of them changed.
'use strict';

const SVG = 'http://www.w3.org/2000/svg';

// Grey thumbnails are coloured by filters: the palette changes at once, and no pixel is read.
function makeFilters() {
  for (const [name, curves] of Object.entries(data.palettes)) {
    byId('palette').add(new Option(name, name));
    if (!curves.length) continue;
    const filter = document.createElementNS(SVG, 'filter'), transfer = document.createElementNS(SVG, 'feComponentTransfer');
    filter.id = name;
    filter.setAttribute('color-interpolation-filters', 'sRGB');
    curves.forEach((curve, index) => {
      const channel = document.createElementNS(SVG, 'feFunc' + 'RGB'[index]);
      channel.setAttribute('type', 'table');
      channel.setAttribute('tableValues', curve.join(' '));
      transfer.append(channel);
    });
    filter.append(transfer);
    byId('filters').append(filter);
  }
}

function makeChips() {
  data.flags.forEach((flag, bit) => {
    const count = columns.flags.reduce((sum, bits) => sum + (bits >> bit & 1), 0);
    if (!count) return;
    const chip = make('button', {textContent: `${flag.name} ${count.toLocaleString('en')}`, title: flag.help, ariaPressed: 'false'});
    chip.onclick = () => {
      if (!view.flags.delete(bit)) view.flags.add(bit);
      chip.ariaPressed = String(view.flags.has(bit));
      list.scrollTop = 0;
      update();
    };
    byId('chips').append(chip);
  });
}

function update() {
  sortRows();
  showHeads();
  layOutList();
  drawList(true);
  for (const histogram of histograms) histogram.draw();
  showCounts();
}

function showCounts() {
  const shown = view.order.length.toLocaleString('en'), all = nRows.toLocaleString('en'), n = view.marked.size;
  byId('count').textContent = `${shown} of ${all}` + (n ? ` · ${n.toLocaleString('en')} marked` : '');
  for (const id of ['unmark', 'save-marked', 'save-others']) byId(id).hidden = !n;
  byId('save-marked').textContent = `save the ${n.toLocaleString('en')} marked`;
  byId('save-others').textContent = `save the ${(nRows - n).toLocaleString('en')} others`;
  list.ariaRowCount = view.order.length;
}

function mark(row) {
  if (!view.marked.delete(row)) view.marked.add(row);
  byId('mark').setAttribute('aria-pressed', view.marked.has(row));
  drawList(false);
  showCounts();
}

// A list for --files-from: a name a line; with NUL behind each, for --null, where a name contains a newline.
function listOf(rows) {
  const names = [...new Set(rows.map(row => columns.source[row]))];
  const end = names.some(name => name.includes('\n')) ? '\0' : '\n';
  return {parts: names.flatMap(name => [pathBytes(name), end]), end};
}

function saveList(rows, name) {
  const {parts, end} = listOf(rows);
  const url = URL.createObjectURL(new Blob(parts, {type: 'application/octet-stream'}));
  make('a', {href: url, download: name + (end === '\0' ? '.null.txt' : '.txt')}).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function step(n) {
  if (!view.order.length) return;
  const position = view.order.indexOf(view.current) + n;
  const row = view.order[Math.max(0, Math.min(view.order.length - 1, position))];
  select(row, false);
  scrollToRow(row);
  drawList(false);
}

function toggleGrid() {
  asGrid = !asGrid;
  document.body.classList.toggle('cells', asGrid);
  byId('grid').ariaPressed = String(asGrid);
  layOutList();
  drawList(true);
}

function togglePlayer() {
  if (detail.hidden && view.current >= 0) showDetail(view.current);
  if (!detail.hidden) player.paused ? player.play().catch(() => player.onerror()) : player.pause();
}

const perPage = () => Math.max(1, Math.floor(list.clientHeight / lineHeight) - 1) * perLine;
const KEYS = {
  ArrowDown: () => step(perLine), ArrowUp: () => step(-perLine),
  ArrowRight: () => asGrid && step(1), ArrowLeft: () => asGrid && step(-1),
  j: () => step(1), k: () => step(-1),
  PageDown: () => step(perPage()), PageUp: () => step(-perPage()),
  Home: () => step(-nRows), End: () => step(nRows),
  Enter: () => view.current >= 0 && select(view.current, true),
  m: () => view.current >= 0 && mark(view.current),
  g: toggleGrid, ' ': togglePlayer, Escape: () => byId('close').click(),
  '/': () => byId('find').focus(),
};

addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
  const tag = event.target.tagName;
  if (event.key !== 'Escape' && (['INPUT', 'SELECT', 'AUDIO', 'TEXTAREA'].includes(tag))) return;
  // A focused button is pressed by Enter and space itself.
  if (['BUTTON', 'A'].includes(tag) && [' ', 'Enter'].includes(event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

function durationText(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return seconds < 3600 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(2)} h`;
}

function start() {
  const statuses = Object.entries(data.statuses).map(([name, count]) => `${count.toLocaleString('en')} ${name}`);
  byId('title').textContent = data.names.map(printable).join(', ');
  byId('summary').textContent = [...statuses, durationText(data.hours * 3600)].join(' · ');
  byId('manifest').add(new Option('all manifests', -1));
  data.names.forEach((name, number) => byId('manifest').add(new Option(printable(name), number)));
  byId('manifest').hidden = data.names.length < 2;
  makeFilters();
  makeChips();
  document.body.dataset.palette = byId('palette').value;
  byId('palette').onchange = event => { document.body.dataset.palette = event.target.value; };
  byId('find').oninput = event => { view.text = event.target.value.toLowerCase(); list.scrollTop = 0; update(); };
  byId('manifest').onchange = event => { view.manifest = Number(event.target.value); list.scrollTop = 0; update(); };
  byId('grid').onclick = toggleGrid;
  byId('mark').onclick = () => mark(view.current);
  byId('mark-shown').onclick = () => { for (const row of view.order) view.marked.add(row); drawList(false); showCounts(); };
  byId('unmark').onclick = () => { view.marked.clear(); drawList(false); showCounts(); };
  byId('save-marked').onclick = () => saveList([...view.marked].sort((a, b) => a - b), 'marked');
  byId('save-others').onclick = () => saveList(columns.source.map((_, row) => row).filter(row => !view.marked.has(row)), 'others');
  update();
  document.documentElement.dataset.ready = 'true';
}

start();
