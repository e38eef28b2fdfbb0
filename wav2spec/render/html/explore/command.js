// The command line that draws what is in view, or what is selected.
'use strict';

// Columns of the figure of `wav2spec plot`; a stride that gives each a frame draws what is seen here.
const FIGURE_COLUMNS = 837;

// The shortest decimal within a hundredth of a pixel.
const decimal = (value, unit) => String(+value.toFixed(Math.max(0, Math.ceil(-Math.log10(unit)) + 2)));

function commandLine() {
  const selected = view.selection;
  const from = selected?.from ?? timeAt(0), to = Math.min(selected?.to ?? timeAt(area.width), endTime());
  const low = selected?.low ?? view.low, high = selected?.high ?? view.high;
  const words = ['wav2spec plot', pathArgument(data.source), ...data.options];
  const part = from > 0 || to < data.duration_s - 1e-9;
  // Rounded outwards, so that all that is seen is drawn.
  const digits = Math.max(3, Math.ceil(-Math.log10((to - from) / 1000)));
  const start = Math.floor(from * 10 ** digits) / 10 ** digits, end = Math.ceil(to * 10 ** digits) / 10 ** digits;
  if (part && start > 0) words.push(`--start ${start.toFixed(digits)}`);
  if (part) words.push(`--duration ${(end - start).toFixed(digits)}`);
  if (view.channel !== 'mix') words.push(`--channel ${data.first_channel + Number(view.channel)}`);
  const hzStep = (high - low) / area.height;
  // The bands of a figure begin and end at bins: one more at each end holds the selection.
  const bin = sampleRate / view.size;
  if (low > lowest() + 1e-9) words.push(`--fmin ${decimal(Math.max(0, Math.floor(low / bin) * bin), hzStep)}`);
  if (high < nyquist - 1e-9) words.push(`--fmax ${decimal(Math.min(nyquist, Math.ceil(high / bin) * bin), hzStep)}`);
  words.push(`--window-size ${view.size}`);
  if (view.window !== 'hann') words.push(`--window ${view.window}`);
  const column = (to - from) * sampleRate / FIGURE_COLUMNS;
  words.push(`--stride ${Math.max(1, Math.round(Math.min(view.size / 4, column)))}`);
  if (view.scale !== 'linear') words.push(`--freq-scale ${view.scale}`);
  words.push('--db-ref full-scale');
  if (view.top !== 0) words.push(`--db-max ${view.top}`);
  if (view.range !== 80) words.push(`--db-range ${view.range}`);
  if (view.palette !== 'magma') words.push(`--palette ${view.palette}`);
  return words.join(' ');
}

const showCommand = () => { byId('command').textContent = commandLine(); };
