// One row, large: its sound, its facts, the rows with the same samples, and what may be typed next.
'use strict';

const detail = byId('detail'), player = byId('player');
const FACTS = [
  ['status', 'status'], ['label', 'label'], ['duration_s', 'duration, s'], ['start_s', 'starts at, s'],
  ['sample_rate', 'sample rate, Hz'], ['n_channels', 'channels'], ['sample_format', 'sample format'],
  ['peak_dbfs', 'peak, dBFS'], ['rms_dbfs', 'RMS, dBFS'], ['clipped_share', 'clipped share'],
  ['silent_share', 'silent share'], ['dc', 'mean (DC)'], ['target', 'picture'],
];

// Makes a row the current one; with `open`, shows it large.
function select(row, open) {
  view.current = row;
  if (open || !detail.hidden) showDetail(row);
  drawList(false);
}

function showDetail(row) {
  detail.hidden = row < 0;
  if (row < 0) { player.pause(); return; }
  const source = columns.source[row], target = columns.target[row];
  byId('name').textContent = printable(source);
  showThumbnail(byId('large').firstElementChild, row);
  const hasSound = source !== '-';
  player.hidden = !hasSound;
  byId('no-sound').hidden = true;
  // Nothing is loaded before it is played.
  const start = columns.start_s[row];
  player.src = hasSound ? urlOf(row, source) + (start ? `#t=${start},${start + columns.duration_s[row]}` : '') : '';
  const picture = byId('picture');
  picture.hidden = !target || target === '-' || !['written', 'current'].includes(columns.status[row]);
  if (!picture.hidden) picture.href = urlOf(row, target);
  byId('reasons').textContent = [columns.error[row], columns.warnings[row]].filter(Boolean).map(printable).join('\n');
  byId('facts').replaceChildren(...factRows(row));
  byId('command').textContent = `wav2spec explore ${pathArgument(source)} -o explore.html`;
  byId('mark').setAttribute('aria-pressed', view.marked.has(row));
}

function factRows(row) {
  const line = (label, ...content) => make('tr', {}, make('td', {textContent: label}), make('td', {}, ...content));
  const lines = FACTS.filter(([key]) => columns[key][row] !== null).map(([key, label]) => {
    const value = columns[key][row];
    return line(label, typeof value === 'number' ? withMinus(value) : printable(String(value)));
  });
  if (data.names.length > 1) lines.push(line('manifest', printable(data.names[columns.set[row]])));
  for (const flag of flagsOf(row)) lines.push(line(flag.name, flag.help));
  const group = columns.same[row];
  if (group) {
    const others = columns.same.flatMap((other, index) => other === group && index !== row ? [index] : []);
    const links = others.slice(0, 50).map(other => make('button', {
      textContent: printable(columns.source[other]), onclick: () => { select(other, true); scrollToRow(other); },
    }));
    lines.push(line(`same samples (${others.length})`, ...links));
  }
  return lines;
}

player.onerror = () => { byId('no-sound').hidden = !player.getAttribute('src'); };
byId('close').onclick = () => { showDetail(-1); list.focus(); };
byId('copy').onclick = event => copyText(byId('command').textContent, event.target);
