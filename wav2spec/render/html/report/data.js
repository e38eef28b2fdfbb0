// The rows of the manifests, as columns: what is shown, in which order, and what is marked.
'use strict';

const data = readJson('data');
const nRows = data.n_rows;
// Columns of few different values are written as those, and a number for each row unless there is only one.
const columns = Object.fromEntries(Object.entries(data.columns).map(([name, column]) =>
  [name, Array.isArray(column) ? column : Array.from({length: nRows}, (_, row) => column.values[column.rows[row] ?? 0])]));

const severity = columns.flags.map(bits =>
  data.flags.reduce((sum, flag, bit) => sum + (bits >> bit & 1 ? flag.weight : 0), 0));
const lowerCaseNames = columns.source.map(name => name.toLowerCase());

// The columns of the list. `key` is sorted by, `format` makes text of a value; the first direction is the odd end.
const COLUMNS = [
  {key: '', label: 'picture'},
  {key: 'source', label: 'source', first: 'ascending'},
  {key: 'severity', label: 'found', first: 'descending'},
  {key: 'duration_s', label: 's', help: 'duration', first: 'ascending', format: v => v.toFixed(3)},
  {key: 'peak_dbfs', label: 'peak dBFS', first: 'descending', format: v => withDigits(v, 1)},
  {key: 'rms_dbfs', label: 'RMS dBFS', first: 'ascending', format: v => withDigits(v, 1)},
  {key: 'clipped_share', label: 'clipped', help: 'share of values at full scale', first: 'descending', format: v => v ? (100 * v).toFixed(2) + ' %' : '0'},
  {key: 'silent_share', label: 'silent', help: 'share of samples that are 0', first: 'descending', format: v => (100 * v).toFixed(1) + ' %'},
  {key: 'sample_rate', label: 'Hz', help: 'sample rate', first: 'ascending', format: String},
  {key: 'n_channels', label: 'channels', first: 'descending', format: String},
];
const valuesOf = key => key === 'severity' ? severity : columns[key];

const view = {
  sort: 'severity', direction: 'descending',
  text: '', manifest: -1,
  flags: new Set(),       // bits of which a row must have every one
  ranges: {},             // column -> [lowest, highest]
  order: [],              // the rows that are shown
  marked: new Set(),
  current: -1,
};

// Whether a row is shown; `except` is a column whose range does not count.
function isShown(row, except) {
  if (view.manifest >= 0 && columns.set[row] !== view.manifest) return false;
  if (view.text && !lowerCaseNames[row].includes(view.text)) return false;
  for (const bit of view.flags) if (!(columns.flags[row] >> bit & 1)) return false;
  for (const name in view.ranges) {
    if (name === except) continue;
    const value = columns[name][row], [lowest, highest] = view.ranges[name];
    if (value === null || value < lowest || value > highest) return false;
  }
  return true;
}

function sortRows() {
  const values = valuesOf(view.sort), sign = view.direction === 'descending' ? -1 : 1;
  view.order = [];
  for (let row = 0; row < nRows; row++) if (isShown(row)) view.order.push(row);
  // What is not known stands at the end either way; rows of equal value stay in the manifest's order.
  view.order.sort((a, b) => {
    const x = values[a], y = values[b];
    if (x === y) return a - b;
    if (x === null) return 1;
    if (y === null) return -1;
    return (x < y ? -1 : 1) * sign;
  });
}

const flagsOf = row => data.flags.filter((_, bit) => columns.flags[row] >> bit & 1);
const reasonOf = row => columns.error[row] ?? columns.warnings[row] ?? '';
const urlOf = (row, path) => pathToUrl(path.startsWith('/') ? path : (data.bases[columns.base[row]] || './') + path);
