'use strict';

/* Draws a run from the data that is embedded in the page. Text reaches the page as text only. */

const THEMES = {
  light: {
    ink: '#1f2528', soft: '#5d676c', line: '#e4e0d8', paper: '#ffffff', warn: '#b3402a',
    palette: ['#1c6a73', '#c2622d', '#5a5fa8', '#8a8f2f', '#a8476f', '#3d8fc4', '#7c5c3f', '#6f7a80', '#2c7a4b', '#b08a1e'],
    ramp: ['#f1ede3', '#cfe0da', '#90c0b8', '#4c9791', '#1f6862', '#0d3d3b'],
  },
  dark: {
    ink: '#e6e3dc', soft: '#9aa5a9', line: '#2d3438', paper: '#1a1f22', warn: '#ec8d75',
    palette: ['#6fc0c6', '#e79a66', '#a3a7e6', '#c4c96a', '#e08bb0', '#7fbbe6', '#c0a083', '#a5b0b6', '#74c492', '#dcb957'],
    ramp: ['#22292c', '#24443f', '#2a6660', '#3b8d86', '#70bab1', '#c7ebe3'],
  },
};
const DASHES = ['solid', 'dashed', 'dotted'];
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** A number as Java wrote it: "NaN" and the infinities come as text. */
function num(value) {
  return typeof value === 'number' ? value : value === 'Infinity' ? Infinity : value === '-Infinity' ? -Infinity : NaN;
}

/** Four significant digits, without a tail of zeros. */
function short(value) {
  const number = num(value);
  if (!isFinite(number)) {
    return Number.isNaN(number) ? '–' : String(number).replace('Infinity', '∞');
  }
  const size = Math.abs(number);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    return number.toExponential(2);
  }
  return size >= 1000 ? Math.round(number).toLocaleString('en') : String(Number(number.toPrecision(4)));
}

function escapeHtml(text) {
  return String(text).replace(/[&<>"']/g, c => '&#' + c.charCodeAt(0) + ';');
}

function named(axis) {
  return axis.unit ? axis.title + ' (' + axis.unit + ')' : axis.title;
}

/* ---- what ECharts is to draw, per kind of figure ---- */

function axis(of, theme, more) {
  return Object.assign({
    type: of.logarithmic ? 'log' : 'value',
    name: named(of), nameLocation: 'middle', nameGap: 30, scale: true,
    nameTextStyle: {color: theme.soft, fontFamily: FONT},
    axisLabel: {color: theme.soft, fontFamily: FONT, hideOverlap: true, formatter: short},
    axisLine: {show: true, lineStyle: {color: theme.line}},
    axisTick: {show: false},
    splitLine: {lineStyle: {color: theme.line}},
  }, more);
}

function frame(theme, series) {
  return {
    animation: false, color: theme.palette, backgroundColor: 'transparent',
    textStyle: {fontFamily: FONT, color: theme.ink},
    legend: {type: 'scroll', top: 0, left: 0, right: 0, icon: 'roundRect', itemWidth: 14, itemHeight: 4,
      textStyle: {color: theme.ink, fontFamily: FONT}, pageTextStyle: {color: theme.soft},
      data: series, show: series.length > 1},
    grid: {left: 44, right: 18, top: series.length > 1 ? 40 : 16, bottom: 44, containLabel: true},
    tooltip: {trigger: 'item', confine: true, backgroundColor: theme.paper, borderColor: theme.line,
      textStyle: {color: theme.ink, fontFamily: FONT, fontSize: 13}},
  };
}

function tip(figure, of) {
  return item => {
    const p = item.data && item.data.point;
    if (!p) {
      return escapeHtml(item.seriesName);
    }
    const interval = num(p.low) !== num(p.high) ? ' [' + short(p.low) + ', ' + short(p.high) + ']' : '';
    return '<b>' + escapeHtml(item.seriesName) + '</b><br>' + escapeHtml(of.x(p)) + '<br>'
      + escapeHtml(of.y(p) + interval) + (p.label ? '<br>' + escapeHtml(p.label) : '');
  };
}

function pointsOf(series) {
  return series.points.map(p => ({value: [num(p.x), num(p.y)], point: p}));
}

/** Points that are not to be compared are drawn as outlines. */
function outlined(series) {
  return pointsOf(series).map(item => item.point.hollow ? Object.assign(item, {symbol: 'emptyCircle', symbolSize: 10}) : item);
}

function xy(figure) {
  return {
    x: p => figure.x.title + ' ' + short(p.x) + ' ' + figure.x.unit,
    y: p => figure.y.title + ' ' + short(p.y) + ' ' + figure.y.unit,
  };
}

function cdf(figure, theme) {
  const option = frame(theme, figure.curves.map(s => s.name));
  option.xAxis = axis(figure.x, theme);
  option.yAxis = axis({title: 'share of samples', unit: '', logarithmic: false}, theme, {min: 0, max: 1, nameGap: 40});
  option.tooltip.formatter = tip(figure, {
    x: p => figure.x.title + ' ' + short(p.x) + ' ' + figure.x.unit,
    y: p => short(100 * num(p.y)) + ' % are at or below',
  });
  option.series = figure.curves.map((s, i) => ({
    type: 'line', name: s.name, step: 'end', showSymbol: false, symbolSize: 8,
    lineStyle: {width: 2, type: DASHES[Math.floor(i / theme.palette.length) % 3]}, data: pointsOf(s),
  }));
  return option;
}

/** A shaded area between the ends of the intervals; drawn by itself, so that it works on any axis. */
function band(series, i, theme) {
  const points = series.points.filter(p => isFinite(num(p.low)) && isFinite(num(p.high)));
  if (!points.some(p => num(p.low) !== num(p.high))) {
    return [];
  }
  const color = theme.palette[i % theme.palette.length];
  return [{
    type: 'custom', name: series.name, silent: true, z: 1, itemStyle: {color: color}, encode: {x: 0, y: [1, 2]},
    data: [[num(points[0].x), Math.min(...points.map(p => num(p.low))), Math.max(...points.map(p => num(p.high)))]],
    renderItem: (params, api) => ({
      type: 'polygon',
      shape: {points: points.map(p => api.coord([num(p.x), num(p.high)]))
        .concat(points.slice().reverse().map(p => api.coord([num(p.x), num(p.low)])))},
      style: {fill: color, opacity: 0.16},
    }),
  }];
}

function sweep(figure, theme) {
  const option = frame(theme, figure.lines.map(s => s.name));
  option.xAxis = axis(figure.x, theme);
  option.yAxis = axis(figure.y, theme, {nameGap: 52});
  option.tooltip.formatter = tip(figure, xy(figure));
  option.series = figure.lines.flatMap((s, i) => band(s, i, theme).concat([{
    type: 'line', name: s.name, symbol: 'circle', symbolSize: 7, z: 3,
    itemStyle: {color: theme.palette[i % theme.palette.length]},
    lineStyle: {width: 2, type: DASHES[Math.floor(i / theme.palette.length) % 3]}, data: outlined(s),
  }]));
  return option;
}

function pareto(figure, theme) {
  const option = frame(theme, figure.choices.map(s => s.name).concat(['front']));
  option.xAxis = axis(figure.x, theme);
  option.yAxis = axis(figure.y, theme, {nameGap: 52});
  option.tooltip.formatter = tip(figure, xy(figure));
  option.series = figure.choices.map((s, i) => ({
    type: 'scatter', name: s.name, symbolSize: 9, itemStyle: {color: theme.palette[i % theme.palette.length], opacity: 0.8},
    data: pointsOf(s),
  })).concat([{
    type: 'line', name: 'front', step: 'end', symbol: 'emptyCircle', symbolSize: 12,
    itemStyle: {color: theme.ink}, lineStyle: {color: theme.ink, width: 1.2, type: 'dashed'}, z: 1,
    data: pointsOf({points: figure.front}),
  }]);
  return option;
}

function bars(figure, theme) {
  const option = frame(theme, figure.bars.map(s => s.name));
  option.xAxis = {type: 'category', data: figure.groups, axisTick: {show: false},
    axisLine: {lineStyle: {color: theme.line}},
    axisLabel: {color: theme.soft, fontFamily: FONT, interval: 0, width: 92, overflow: 'break', lineHeight: 15, hideOverlap: true}};
  option.yAxis = axis(figure.y, theme, {scale: false, nameGap: 52});
  option.tooltip.formatter = tip(figure, {
    x: p => figure.groups[num(p.x)], y: p => figure.y.title + ' ' + short(p.y) + ' ' + figure.y.unit,
  });
  const count = figure.bars.length;
  const outline = i => ({itemStyle: {color: 'transparent', borderColor: theme.palette[i % theme.palette.length], borderWidth: 1.5, borderType: 'dashed'}});
  option.series = figure.bars.map((s, i) => ({
    type: 'bar', name: s.name, barGap: '10%', barCategoryGap: '28%', itemStyle: {borderRadius: [2, 2, 0, 0]},
    data: figure.groups.map((group, g) => {
      const p = s.points.find(point => num(point.x) === g);
      return p && isFinite(num(p.y)) ? Object.assign({value: num(p.y), point: p}, p.hollow ? outline(i) : {}) : {value: null};
    }),
  })).concat(figure.bars.map((s, i) => ({
    type: 'custom', name: s.name, silent: true, z: 4, encode: {x: 0, y: [1, 2]},
    data: s.points.filter(p => num(p.low) !== num(p.high) && isFinite(num(p.low)) && isFinite(num(p.high)))
      .map(p => [num(p.x), num(p.low), num(p.high)]),
    renderItem: (params, api) => {
      const place = api.barLayout({count: count, barGap: '10%', barCategoryGap: '28%'})[i];
      const low = api.coord([api.value(0), api.value(1)]);
      const high = api.coord([api.value(0), api.value(2)]);
      const x = low[0] + place.offsetCenter;
      const line = (x1, y1, x2, y2) => ({type: 'line', shape: {x1, y1, x2, y2}, style: {stroke: theme.ink, lineWidth: 1.2}});
      return {type: 'group', children: [line(x, low[1], x, high[1]), line(x - 4, low[1], x + 4, low[1]), line(x - 4, high[1], x + 4, high[1])]};
    },
  })));
  return option;
}

/** Whether dark letters are readable on a colour. */
function isLight(color) {
  const part = i => parseInt(color.slice(i, i + 2), 16);
  return 0.299 * part(1) + 0.587 * part(3) + 0.114 * part(5) > 140;
}

function heatmap(figure, theme) {
  const values = figure.cells.map(c => num(c.value)).filter(isFinite);
  const least = Math.min(...values);
  const most = Math.max(...values);
  const winners = figure.categories.length > 0;
  const colorOf = value => winners
    ? theme.palette[value % theme.palette.length]
    : theme.ramp[Math.min(theme.ramp.length - 1, Math.floor((value - least) / (most - least || 1) * theme.ramp.length))];
  const option = frame(theme, []);
  const names = (titles, of) => ({type: 'category', data: titles, name: named(of), nameLocation: 'middle', nameGap: 32,
    nameTextStyle: {color: theme.soft, fontFamily: FONT}, axisTick: {show: false}, axisLine: {show: false},
    axisLabel: {color: theme.soft, fontFamily: FONT, hideOverlap: true}});
  option.grid = {left: 40, right: 12, top: 12, bottom: 84, containLabel: true};
  option.xAxis = names(figure.columns, figure.x);
  option.yAxis = Object.assign(names(figure.rows, figure.y), {nameGap: 52});
  option.visualMap = winners
    ? {type: 'piecewise', dimension: 2, orient: 'horizontal', left: 'center', bottom: 0, textStyle: {color: theme.ink, fontFamily: FONT},
      pieces: figure.categories.map((name, i) => ({value: i, label: name, color: colorOf(i)}))}
    : {type: 'continuous', dimension: 2, min: least, max: most === least ? least + 1 : most, orient: 'horizontal', left: 'center', bottom: 0,
      text: [short(most) + ' ' + figure.unit, short(least)], textStyle: {color: theme.ink, fontFamily: FONT}, calculable: false, inRange: {color: theme.ramp}};
  option.tooltip.formatter = item => {
    const cell = item.data.cell;
    return escapeHtml(figure.x.title + ' ' + figure.columns[cell.column] + ' ' + figure.x.unit) + '<br>'
      + escapeHtml(figure.y.title + ' ' + figure.rows[cell.row] + ' ' + figure.y.unit) + '<br><b>'
      + escapeHtml(winners ? figure.categories[num(cell.value)] : short(cell.value) + ' ' + figure.unit) + '</b>'
      + (cell.label ? '<br>' + escapeHtml(cell.label) : '');
  };
  option.series = [{
    type: 'heatmap', itemStyle: {borderColor: theme.paper, borderWidth: 2, borderRadius: 3},
    emphasis: {itemStyle: {borderColor: theme.ink}},
    data: figure.cells.filter(c => isFinite(num(c.value))).map(c => ({
      value: [c.column, c.row, num(c.value)], cell: c,
      label: {show: c.label !== '', formatter: () => c.label, fontFamily: FONT, fontSize: 11,
        color: isLight(colorOf(num(c.value))) ? '#14181a' : '#ffffff'},
    })),
  }];
  return option;
}

const TRACK_HEIGHT = {curves: 118, spans: 34};
const TRACK_GAP = 44;

function timelineHeight(figure) {
  return figure.tracks.reduce((sum, track) => sum + TRACK_HEIGHT[track.kind] + TRACK_GAP, 0) + 70;
}

function spans(track, place, theme, option) {
  const labels = [...new Set(track.spans.map(s => s.label))];
  option.series.push({
    type: 'custom', name: track.title, xAxisIndex: place, yAxisIndex: place, encode: {x: [0, 1]},
    data: track.spans.map(s => ({value: [num(s.from), num(s.to), labels.indexOf(s.label)], span: s})),
    tooltip: {formatter: item => '<b>' + escapeHtml(item.data.span.label) + '</b><br>' + short(item.data.span.from) + '–' + short(item.data.span.to) + ' s'},
    renderItem: (params, api) => {
      const from = api.coord([api.value(0), 0]);
      const to = api.coord([api.value(1), 0]);
      const box = params.coordSys;
      const left = Math.max(from[0], box.x);
      const width = Math.max(1, Math.min(to[0], box.x + box.width) - left);
      if (to[0] < box.x || left > box.x + box.width) {
        return undefined;
      }
      const color = theme.palette[api.value(2) % theme.palette.length];
      const text = labels[api.value(2)];
      const fits = width > 6.5 * text.length + 10;
      return {type: 'rect', shape: {x: left, y: box.y + 3, width: width, height: box.height - 6, r: 3}, style: {fill: color},
        textContent: fits ? {style: {text: text, fill: isLight(color) ? '#14181a' : '#ffffff', fontFamily: FONT, fontSize: 11}} : undefined,
        textConfig: {position: 'inside'}};
    },
  });
}

/** Shares on top of each other: each drawn from the floor, the highest first, so that lower ones cover it. */
function stacked(track, place, theme, option) {
  const floor = new Map();
  const layers = track.series.map((s, i) => ({
    type: 'line', name: s.name, xAxisIndex: place, yAxisIndex: place, showSymbol: false, symbolSize: 6, z: 2 + track.series.length - i,
    itemStyle: {color: theme.palette[i % theme.palette.length]}, lineStyle: {width: 0}, areaStyle: {opacity: 1},
    data: s.points.map(p => {
      const x = num(p.x);
      floor.set(x, (floor.get(x) || 0) + num(p.y));
      return {value: [x, floor.get(x)], point: p};
    }),
    tooltip: {formatter: trackTip(track)},
  }));
  option.series.push(...layers.reverse());
}

function trackTip(track) {
  return tip(track, {x: p => short(p.x) + ' s', y: p => track.y.title + ' ' + short(p.y) + ' ' + track.y.unit});
}

function curves(track, place, theme, option) {
  const dots = track.style === 'DOTS';
  track.series.forEach((s, i) => option.series.push({
    type: dots ? 'scatter' : 'line', name: s.name, xAxisIndex: place, yAxisIndex: place,
    step: track.style === 'STEPS' ? 'end' : false, showSymbol: false, symbolSize: dots ? 4 : 6,
    itemStyle: {color: theme.palette[i % theme.palette.length], opacity: dots ? 0.65 : 1},
    lineStyle: {width: 1.6, color: theme.palette[i % theme.palette.length]}, data: pointsOf(s),
    tooltip: {formatter: trackTip(track)},
    markLine: i > 0 || track.limits.length === 0 ? undefined : {
      silent: true, symbol: 'none', lineStyle: {color: theme.warn, type: 'dashed'},
      label: {formatter: item => item.name, color: theme.soft, position: 'insideEndTop', fontFamily: FONT},
      data: track.limits.map(limit => ({name: limit.name, yAxis: num(limit.y)})),
    },
  }));
}

function timeline(figure, theme) {
  const option = frame(theme, []);
  Object.assign(option, {grid: [], xAxis: [], yAxis: [], series: [], title: []});
  const ends = figure.tracks.flatMap(t => t.kind === 'spans'
    ? t.spans.flatMap(s => [num(s.from), num(s.to)])
    : t.series.flatMap(s => s.points.map(p => num(p.x))));
  const from = ends.reduce((a, b) => Math.min(a, b), Infinity);
  const to = ends.reduce((a, b) => Math.max(a, b), -Infinity);
  let top = 26;
  figure.tracks.forEach((track, place) => {
    const last = place === figure.tracks.length - 1;
    const names = track.kind === 'curves' && track.series.length > 1 ? track.series.map(s => s.name) : [];
    const rich = {};
    names.forEach((name, i) => { rich['c' + i] = {color: theme.palette[i % theme.palette.length], fontWeight: 700}; });
    option.title.push({text: track.title + (track.kind === 'curves' && track.y.unit ? ' (' + track.y.unit + ')' : '')
      + names.map((name, i) => '   {c' + i + '|●} ' + name).join(''),
      left: 8, top: top - 22, textStyle: {fontSize: 12, fontWeight: 600, color: theme.soft, fontFamily: FONT, rich: rich}});
    option.grid.push({left: 58, right: 16, top: top, height: TRACK_HEIGHT[track.kind]});
    option.xAxis.push(axis({title: '', unit: '', logarithmic: false}, theme, {gridIndex: place, min: from, max: to,
      name: last ? 'time (s)' : '', axisLabel: {show: last, color: theme.soft, fontFamily: FONT, formatter: short}, splitLine: {show: false}}));
    option.yAxis.push(track.kind === 'spans' ? {gridIndex: place, type: 'category', data: [''], axisLine: {show: false}, axisTick: {show: false}}
      : axis(track.y, theme, {gridIndex: place, name: '', splitNumber: 3, scale: false, max: track.style === 'STACKED' ? 1 : undefined}));
    if (track.kind === 'spans') {
      spans(track, place, theme, option);
    } else if (track.style === 'STACKED') {
      stacked(track, place, theme, option);
    } else {
      curves(track, place, theme, option);
    }
    top += TRACK_HEIGHT[track.kind] + TRACK_GAP;
  });
  const all = figure.tracks.map((track, place) => place);
  option.dataZoom = [{type: 'inside', xAxisIndex: all, filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false},
    {type: 'slider', xAxisIndex: all, filterMode: 'none', bottom: 4, height: 18, showDataShadow: false, brushSelect: false, borderColor: theme.line,
      fillerColor: theme.line + '80', handleStyle: {color: theme.paper, borderColor: theme.soft}, moveHandleStyle: {color: theme.line}, textStyle: {color: theme.soft}, labelFormatter: short}];
  return option;
}

const KINDS = {cdf, timeline, pareto, heatmap, sweep, bars};

/** Everything ECharts needs for a figure. */
function optionOf(figure, theme) {
  return KINDS[figure.kind](figure, theme);
}

function heightOf(figure) {
  return figure.kind === 'timeline' ? timelineHeight(figure)
    : figure.kind === 'heatmap' ? Math.max(320, 46 * figure.rows.length + 170) : 380;
}

/* ---- what a figure shows, as CSV ---- */

function csvCell(value) {
  const text = String(value);
  return /[",\n\r]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
}

function seriesRows(series, xTitle, yTitle, more) {
  return [['series', xTitle, yTitle, 'low', 'high', 'label']].concat(
    series.flatMap(s => s.points.map(p => [s.name, more ? more(p) : p.x, p.y, p.low, p.high, p.label])));
}

function csvOf(figure) {
  let rows;
  switch (figure.kind) {
    case 'cdf': rows = seriesRows(figure.curves, named(figure.x), 'share'); break;
    case 'sweep': rows = seriesRows(figure.lines, named(figure.x), named(figure.y)); break;
    case 'pareto': rows = seriesRows(figure.choices.concat([{name: 'front', points: figure.front}]), named(figure.x), named(figure.y)); break;
    case 'bars': rows = seriesRows(figure.bars, 'group', named(figure.y), p => figure.groups[num(p.x)]); break;
    case 'heatmap':
      rows = [[named(figure.x), named(figure.y), figure.unit || 'value', 'label']].concat(figure.cells.map(c =>
        [figure.columns[c.column], figure.rows[c.row], figure.categories.length ? figure.categories[num(c.value)] : c.value, c.label]));
      break;
    default:
      rows = [['track', 'series', 'from_s', 'to_s', 'value']].concat(figure.tracks.flatMap(t => t.kind === 'spans'
        ? t.spans.map(s => [t.title, s.label, s.from, s.to, ''])
        : t.series.flatMap(s => s.points.map(p => [t.title, s.name, p.x, p.x, p.y]))));
  }
  return rows.map(row => row.map(csvCell).join(',')).join('\n') + '\n';
}

function svgOf(charts, figure, theme, width) {
  const height = heightOf(figure);
  const chart = charts.init(null, null, {renderer: 'svg', ssr: true, width: width, height: height});
  chart.setOption(Object.assign(optionOf(figure, theme), {backgroundColor: theme.paper}));
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/* ---- the page ---- */

function el(name, attributes, ...children) {
  const node = document.createElement(name);
  Object.entries(attributes || {}).forEach(([key, value]) => node.setAttribute(key, value));
  children.flat().filter(child => child !== null && child !== undefined).forEach(child =>
    node.append(child instanceof Node ? child : document.createTextNode(String(child))));
  return node;
}

function download(name, type, text) {
  const link = el('a', {href: URL.createObjectURL(new Blob([text], {type: type})), download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function fileName(title, ending) {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') + ending;
}

function currentTheme() {
  return THEMES[matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'];
}

function intervalPicture(claim) {
  const ns = 'http://www.w3.org/2000/svg';
  const limit = Number((/-?[0-9.]+(?:[eE][+-]?\d+)?\s*$/.exec(claim.wanted) || [NaN])[0]);
  const [low, high] = claim.spread.map(num);
  const all = [low, high, num(claim.measured), limit].filter(isFinite);
  const svg = document.createElementNS(ns, 'svg');
  if (all.length < 2 || !isFinite(num(claim.measured))) {
    return svg;
  }
  const least = Math.min(...all);
  const span = Math.max(...all) - least || 1;
  const x = value => 8 + 184 * (value - least) / span;
  const add = (name, attributes) => {
    const node = document.createElementNS(ns, name);
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
    svg.append(node);
  };
  svg.setAttribute('viewBox', '0 0 200 36');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', 'interval ' + short(low) + ' to ' + short(high) + ', wanted ' + claim.wanted);
  add('line', {x1: 4, x2: 196, y1: 18, y2: 18, stroke: 'var(--line)', 'stroke-width': 1});
  if (low !== high) {
    add('line', {x1: x(low), x2: x(high), y1: 18, y2: 18, stroke: 'currentColor', 'stroke-width': 5, 'stroke-opacity': 0.25, 'stroke-linecap': 'round'});
  }
  if (isFinite(limit)) {
    add('line', {x1: x(limit), x2: x(limit), y1: 6, y2: 30, stroke: 'var(--soft)', 'stroke-width': 1.5, 'stroke-dasharray': '3 2'});
  }
  add('circle', {cx: x(num(claim.measured)), cy: 18, r: 5, fill: claim.holds ? 'var(--good)' : 'var(--bad)'});
  return svg;
}

function claimRow(claim) {
  const [low, high] = claim.spread;
  const interval = num(low) !== num(high) ? 'interval ' + short(low) + ' to ' + short(high) + ', ' : '';
  return el('li', {class: claim.holds ? 'holds' : 'fails'},
    el('span', {class: 'mark', title: claim.holds ? 'holds' : 'does not hold'}, claim.holds ? '✓' : '✗'),
    el('div', {}, claim.name, el('small', {}, (claim.holds ? 'holds' : 'does not hold') + ' · ' + interval + claim.samples + ' samples')),
    el('div', {class: 'measured'}, el('b', {}, short(claim.measured)), ' ' + claim.unit, el('small', {}, 'wanted ' + claim.wanted)),
    intervalPicture(claim));
}

function figureCard(figure, redraws) {
  const place = el('div', {class: 'chart', role: 'img', 'aria-label': figure.title});
  place.style.height = heightOf(figure) + 'px';
  const svg = el('button', {type: 'button'}, 'SVG');
  const csv = el('button', {type: 'button'}, 'CSV');
  svg.onclick = () => download(fileName(figure.title, '.svg'), 'image/svg+xml', svgOf(echarts, figure, currentTheme(), 900));
  csv.onclick = () => download(fileName(figure.title, '.csv'), 'text/csv', csvOf(figure));
  let chart = null;
  redraws.push(() => {
    if (chart === null) {
      chart = echarts.init(place);
      new ResizeObserver(() => chart.resize()).observe(place);
    }
    chart.setOption(optionOf(figure, currentTheme()), true);
  });
  return el('section', {class: 'card figure'},
    el('header', {}, el('h3', {}, figure.title), el('div', {class: 'buttons'}, svg, csv)),
    figure.note ? el('p', {}, figure.note) : null, place);
}

const FIRST_ROWS = 25;

function tableOf(table) {
  const numeric = table.columns.map((title, c) => table.rows.length > 0
    && table.rows.every(row => row[c] === '' || row[c] === 'NaN' || isFinite(Number(row[c]))));
  const body = el('tbody', {});
  let rows = table.rows;
  let shown = FIRST_ROWS;
  const more = el('button', {type: 'button'}, 'Show all ' + rows.length + ' rows');
  const fill = () => {
    body.replaceChildren(...rows.slice(0, shown).map(row =>
      el('tr', {}, row.map((cell, c) => el('td', numeric[c] ? {class: 'number'} : {}, cell)))));
    more.hidden = shown >= rows.length;
  };
  more.onclick = () => { shown = rows.length; fill(); };
  const heads = table.columns.map((title, c) => {
    const button = el('button', {type: 'button'}, title);
    const head = el('th', Object.assign({scope: 'col', 'aria-sort': 'none'}, numeric[c] ? {class: 'number'} : {}), button);
    button.onclick = () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      heads.forEach(other => other.setAttribute('aria-sort', 'none'));
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      rows = sortedRows(table.rows, c, numeric[c], down);
      fill();
    };
    return head;
  });
  fill();
  const cut = table.total > table.rows.length ? ', the first ' + table.rows.length + ' here' : '';
  return el('details', {}, el('summary', {}, table.title, el('span', {}, table.total + ' rows' + cut + ' · ' + table.file)),
    el('div', {class: 'scroll'}, el('table', {}, el('thead', {}, el('tr', {}, heads)), body)), more);
}

/** Rows by one column; empty cells and NaN come last. */
function sortedRows(rows, column, numeric, descending) {
  const sign = descending ? -1 : 1;
  const rank = cell => numeric && (cell === '' || cell === 'NaN') ? 1 : 0;
  return rows.slice().sort((a, b) => rank(a[column]) - rank(b[column])
    || sign * (numeric ? Number(a[column]) - Number(b[column]) || 0 : a[column].localeCompare(b[column])));
}

function recordList(record) {
  const list = el('dl', {});
  const add = (name, value) => list.append(el('dt', {}, name), el('dd', {}, value));
  const walk = (name, value) => {
    if (value !== null && typeof value === 'object') {
      Object.entries(value).forEach(([key, inner]) => walk(name + ' · ' + key, inner));
    } else {
      add(name, /^[0-9a-f]{40,}$/.test(value) ? el('code', {}, value) : String(value));
    }
  };
  Object.entries(record).filter(([key]) => !['command', 'study', 'question', 'failures', 'left_out'].includes(key))
    .forEach(([key, value]) => walk(key.replaceAll('_', ' '), value));
  return list;
}

function page(data) {
  const record = data.record;
  const held = data.claims.filter(claim => claim.holds).length;
  const redraws = [];
  const sections = [];
  const section = (title, ...children) => sections.push(el('h2', {}, title), ...children);
  const machine = record.machine || {};
  const failures = record.failures || [];
  const leftOut = record.left_out || [];
  sections.push(el('p', {class: 'kicker'}, 'Sluice · study'), el('h1', {}, data.study), el('p', {class: 'lead'}, data.question || ''),
    el('div', {class: 'facts'},
      data.quick ? el('span', {class: 'badge'}, 'quick') : null,
      record.started ? el('span', {}, record.started.slice(0, 16).replace('T', ' ') + ' UTC') : null,
      record.commit ? el('span', {}, 'commit ', el('code', {}, record.commit.slice(0, 10)), record.dirty ? ' with changes' : '') : null,
      machine.cpu ? el('span', {}, machine.cores + ' × ' + machine.cpu) : null));
  if (record.status === 'failed') {
    sections.push(el('p', {class: 'verdict warn'}, 'The study ended early: ' + record.error));
  } else {
    sections.push(el('p', {class: 'verdict'}, el('strong', {}, held + ' of ' + data.claims.length), ' claims hold.'));
  }
  if (leftOut.length > 0) {
    sections.push(el('p', {class: 'verdict warn'}, 'Left out: ' + leftOut.join(', ')));
  }
  if (data.claims.length > 0) {
    section('Claims', el('ul', {class: 'claims'}, data.claims.map(claimRow)));
  }
  if (failures.length > 0) {
    section('What failed on the way', el('ul', {}, failures.map(f => el('li', {}, el('b', {}, f.what), ': ' + f.error))));
  }
  if (data.figures.length > 0) {
    section('Figures', data.figures.map(figure => figureCard(figure, redraws)));
  }
  if (data.tables.length > 0) {
    section('Raw results', data.tables.map(tableOf));
  }
  section('Record', record.command ? el('pre', {}, record.command) : null, el('p', {}, '\u00a0'), recordList(record));
  document.getElementById('report').replaceChildren(...sections.flat().filter(node => node !== null));
  const draw = () => redraws.forEach(redraw => redraw());
  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  matchMedia('print').addEventListener('change', draw);
}

if (typeof module !== 'undefined') {
  module.exports = {THEMES, optionOf, csvOf, svgOf, sortedRows, short, num};
} else {
  page(JSON.parse(document.getElementById('data').textContent));
}
