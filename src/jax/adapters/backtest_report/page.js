(() => {
  "use strict";
  const { createChart, createOptionsChart, createSeriesMarkers } = LightweightCharts;
  const { AreaSeries, BaselineSeries, HistogramSeries, LineSeries, PriceScaleMode } = LightweightCharts;
  const run = JSON.parse(document.getElementById("run").textContent);
  const byId = (id) => document.getElementById(id);

  const written = (value, places) =>
    value
      .toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places, signDisplay: "negative" })
      .replace("-", "\u2212");
  const percent = (value, places = 2) => `${written(100 * value, places)}%`;
  const money = (value, places = run.places) => `${written(value, places)} ${run.currency}`;
  const counted = (count, one, many) => `${written(count, 0)} ${count === 1 ? one : many}`;
  const when = (seconds) => new Date(seconds * 1000).toISOString().slice(0, run.daily ? 10 : 16).replace("T", " ");
  const summed = (steps) => {
    let total = 0;
    return steps.map((step) => (total += step));
  };
  const times = ({ unit, time }) => summed(time).map((count) => count * unit);
  const points = (time, values) => time.map((at, row) => (values[row] === null ? { time: at } : { time: at, value: values[row] }));

  // Each is [class, text]; texts become nodes, never markup.
  const say = (id, parts) =>
    byId(`${id}-key`).replaceChildren(
      ...parts.map(([css, words]) => {
        const span = document.createElement("span");
        span.className = css;
        span.textContent = words;
        return span;
      }),
    );

  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const look = () => ({
    layout: {
      background: { type: "solid", color: "transparent" },
      textColor: ink("--soft"),
      fontFamily: getComputedStyle(document.body).fontFamily,
      attributionLogo: false,
    },
    grid: { vertLines: { visible: false }, horzLines: { color: ink("--line") } },
  });
  const curve = run.curve;
  const alone = curve.ends === 1;
  // The wheel scrolls the page; a chart is zoomed by its time axis, or with two fingers.
  const frame = {
    autoSize: true,
    rightPriceScale: { borderVisible: false, minimumWidth: 76 },
    timeScale: {
      borderVisible: false, fixLeftEdge: true, fixRightEdge: true, lockVisibleTimeRangeOnResize: true,
      minBarSpacing: 0.001, timeVisible: !run.daily,
      ...(alone ? { tickMarkFormatter: when } : {}),
    },
    crosshair: { horzLine: { visible: false, labelVisible: false } },
    localization: { locale: "en-GB", timeFormatter: when },
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false },
  };
  const still = { handleScroll: false, handleScale: false };
  const axis = (formatter, minMove) => ({ priceFormat: { type: "custom", minMove, formatter } });
  const shares = axis((value) => percent(value, 1), 0.001);
  const ratios = axis((value) => written(value, 2), 0.01);
  const counts = axis((value) => written(value, 0), 1);

  // Of what went up many times a linear scale would show only the end.
  const scaleOf = (values) => {
    const [lowest, highest] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
    return { mode: lowest > 0 && highest > 5 * lowest ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal };
  };

  const repaints = [];
  const open = (id, make, options) => {
    const chart = make(byId(id), { ...frame, ...options, ...look() });
    repaints.push(() => chart.applyOptions(look()));
    // `style` and `values` are asked again when the colours change.
    const add = (kind, style, values) => {
      const series = chart.addSeries(kind, { priceLineVisible: false, lastValueVisible: false, ...style() });
      const paint = () => series.setData(values());
      repaints.push(() => series.applyOptions(style()), paint);
      paint();
      return series;
    };
    return { id, chart, add };
  };
  const hovered = (chart, tell) => chart.subscribeCrosshairMove((event) => tell(event.time));

  /* Equity, drawdown and rolling Sharpe ratio share one axis of time. */
  const curveTimes = times(curve);
  const cents = (steps) => summed(steps).map((amount) => amount / 10 ** run.places);
  const equities = cents(curve.equity);
  const benchmark = cents(curve.benchmark);
  const depths = curve.drawdown.map((depth) => depth / 10000);
  const sharpe = curve.sharpe.map((ratio) => (ratio === null ? null : ratio / 100));
  const lastRow = curveTimes.length - 1;

  const roughPlaces = Math.max(...equities.map(Math.abs)) >= 10000 ? 0 : Math.min(run.places, 4);
  const shortMoney = axis((value) => written(value, roughPlaces), 10 ** -roughPlaces);
  const equityStyle = () => ({
    lineColor: ink("--accent"), topColor: `${ink("--accent")}44`, bottomColor: `${ink("--accent")}05`,
    lineWidth: 2, pointMarkersVisible: alone, ...shortMoney,
  });
  const benchmarkStyle = () => ({ color: ink("--other"), lineWidth: 1, pointMarkersVisible: alone, ...shortMoney });
  const drawdownStyle = () => ({
    baseValue: { type: "price", price: 0 }, topLineColor: ink("--loss"), bottomLineColor: ink("--loss"),
    topFillColor1: "transparent", topFillColor2: "transparent",
    bottomFillColor1: `${ink("--loss")}10`, bottomFillColor2: `${ink("--loss")}50`,
    lineWidth: 1, pointMarkersVisible: alone, ...shares,
  });
  const sharpeStyle = () => ({
    baseValue: { type: "price", price: 0 }, topLineColor: ink("--gain"), bottomLineColor: ink("--loss"),
    topFillColor1: `${ink("--gain")}40`, topFillColor2: `${ink("--gain")}08`,
    bottomFillColor1: `${ink("--loss")}08`, bottomFillColor2: `${ink("--loss")}40`, lineWidth: 1, ...ratios,
  });

  const equityScale = scaleOf([...equities, ...benchmark]);
  const describe = (row) => {
    const at = ["", when(curveTimes[row])];
    const reference = benchmark.length ? [["swatch other", `${run.benchmark} ${money(benchmark[row])}`]] : [];
    const scale = equityScale.mode === PriceScaleMode.Logarithmic ? [["", "logarithmic scale"]] : [];
    say("equity", [at, ["swatch accent", `strategy ${money(equities[row])}`], ...reference, ...scale]);
    say("drawdown", [at, ["", `${percent(depths[row])} below the highest equity so far`]]);
    if (sharpe.length) say("sharpe", [at, ["", sharpe[row] === null ? "not defined" : written(sharpe[row], 2)]]);
  };
  const overTime = (id, kind, style, values) => {
    const opened = open(id, createChart);
    return { ...opened, series: opened.add(kind, style, () => points(curveTimes, values)) };
  };
  const linked = [
    overTime("equity", AreaSeries, equityStyle, equities),
    overTime("drawdown", BaselineSeries, drawdownStyle, depths.map((depth) => -depth)),
    ...(sharpe.length ? [overTime("sharpe", BaselineSeries, sharpeStyle, sharpe)] : []),
  ];
  // Without it the chart would end where the last ratio is, not where the others end.
  if (sharpe.length) linked[2].add(LineSeries, () => ({ visible: false }), () => [{ time: curveTimes[lastRow], value: 0 }]);
  if (benchmark.length) linked[0].add(LineSeries, benchmarkStyle, () => points(curveTimes, benchmark));

  linked[0].series.priceScale().applyOptions(equityScale);

  const rowAt = new Map(curveTimes.map((time, row) => [time, row]));
  let following = false;
  for (const leader of linked) {
    const others = linked.filter((one) => one !== leader);
    leader.chart.timeScale().fitContent();
    leader.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (!range || following) return;
      following = true;
      for (const { chart } of others) chart.timeScale().setVisibleLogicalRange(range);
      following = false;
    });
    leader.chart.subscribeCrosshairMove((event) => {
      describe(rowAt.get(event.time) ?? lastRow);
      if (event.sourceEvent === undefined) return; // it only follows another chart
      for (const { chart, series } of others) {
        if (event.time === undefined) chart.clearCrosshairPosition();
        else chart.setCrosshairPosition(0, event.time, series);
      }
    });
  }
  describe(lastRow);

  /* A symbol's closes with what was bought and sold. */
  const KINDS = [
    { words: "bought", shape: "arrowUp", color: "--accent", position: "atPriceBottom" },
    { words: "sold short", shape: "arrowDown", color: "--accent", position: "atPriceTop" },
    { words: "closed at a gain", shape: "circle", color: "--gain", position: "atPriceMiddle" },
    { words: "closed at a loss", shape: "circle", color: "--loss", position: "atPriceMiddle" },
  ];
  const drawPrices = () => {
    const menu = byId("symbol");
    const chosen = () => run.prices[Number(menu.value)];
    let shown, at, closes;
    const axisPlaces = (value) => Math.min(shown.places, Math.abs(value) >= 1 ? 2 : 10);
    const read = () => {
      shown = chosen();
      at = times(shown);
      closes = summed(shown.close).map((close) => close / 10 ** shown.places);
    };
    const style = () => ({
      color: ink("--soft"), lineWidth: 1, pointMarkersVisible: at.length === 1,
      ...axis((value) => written(value, axisPlaces(value)), 10 ** -axisPlaces(Math.min(...closes))),
    });
    const scale = () => scaleOf(closes);
    const marks = () =>
      shown.fills.map(([row, price, kind]) => ({
        time: at[row], price, position: KINDS[kind].position, shape: KINDS[kind].shape, color: ink(KINDS[kind].color), size: 0.7,
      }));
    read();
    const { chart, add } = open("price", createChart);
    const series = add(LineSeries, style, () => points(at, closes));
    series.priceScale().applyOptions(scale());
    const markers = createSeriesMarkers(series, marks());
    repaints.push(() => markers.setMarkers(marks()));
    const tell = (time) => {
      const row = time === undefined ? at.length - 1 : at.indexOf(time);
      const fills = time === undefined ? [] : shown.fills.filter((fill) => fill[0] === row);
      const told = fills.map(([, price, kind]) => ["", `${KINDS[kind].words} at ${price.toLocaleString("en-US", { maximumFractionDigits: 10 })}`]);
      say("price", [["", when(at[row])], ["", `close ${money(closes[row], shown.places)}`], ...told]);
    };
    const describeSymbol = () => {
      const fills = counted(shown.fills.length, "fill", "fills");
      const drawn =
        at.length === shown.closes
          ? `${counted(at.length, "close", "closes")} and ${fills}, all drawn`
          : `${fills}; of ${counted(shown.closes, "close", "closes")} ${written(at.length, 0)} are drawn: ` +
            "of each stretch the highest and the lowest, and every one with a fill";
      const logarithmic = scale().mode === PriceScaleMode.Logarithmic ? "; the scale is logarithmic" : "";
      byId("price-note").textContent = `${drawn}${logarithmic}.`;
      tell();
      chart.timeScale().fitContent();
    };
    menu.addEventListener("change", () => {
      read();
      markers.setMarkers([]);
      series.applyOptions(style());
      series.priceScale().applyOptions(scale());
      series.setData(points(at, closes));
      markers.setMarkers(marks());
      describeSymbol();
    });
    hovered(chart, tell);
    describeSymbol();
  };
  if (run.prices.length) drawPrices();

  /* A bar a year; the benchmark is a dot. */
  const { year, own, benchmark: reference } = run.years;
  const yearChart = open("years", createChart, {
    ...still,
    timeScale: { ...frame.timeScale, tickMarkFormatter: (time) => String(time).slice(0, 4) },
    localization: { locale: "en-GB", timeFormatter: (time) => String(time).slice(0, 4) },
  });
  const january = year.map((number) => `${String(number).padStart(4, "0")}-01-01`);
  const bars = () => own.map((value, row) => value === null ? { time: january[row] } : { time: january[row], value: value / 10000, color: ink(value < 0 ? "--loss" : "--gain") });
  yearChart.add(HistogramSeries, () => shares, bars);
  if (reference.length) {
    const dots = () => ({ color: ink("--other"), lineVisible: false, pointMarkersVisible: true, pointMarkersRadius: 4, ...shares });
    yearChart.add(LineSeries, dots, () => points(january, reference.map((value) => (value === null ? null : value / 10000))));
  }
  const tellYear = (time) => {
    const row = Math.max(january.indexOf(time), -1);
    const at = row < 0 ? year.length - 1 : row;
    const told = (value) => (value === null ? "\u2013" : percent(value / 10000));
    const other = reference.length ? [["swatch other dot", `${run.benchmark} ${told(reference[at])}`]] : [];
    say("years", [["", String(year[at])], ["", `${reference.length ? "strategy " : ""}${told(own[at])}`], ...other]);
  };
  hovered(yearChart.chart, tellYear);
  yearChart.chart.timeScale().fitContent();
  tellYear();

  /* How often which return occurred; a bar stands over its lower edge. */
  const drawReturns = () => {
    const { edges, counts: found, open: ends } = run.returns;
    const precision = Math.max(0, Math.ceil(-Math.log10(edges[1] - edges[0]) - 1e-9));
    const { chart, add } = open("returns", createOptionsChart, { ...still, localization: { locale: "en-GB", precision } });
    add(HistogramSeries, () => counts, () => found.map((value, bin) => ({ time: edges[bin], value, color: ink(edges[bin] < 0 ? "--loss" : "--gain") })));
    const edge = (number) => `${written(number, precision)}${run.returns.unit}`;
    const tell = (time) => {
      const bin = edges.indexOf(time);
      if (bin < 0 || bin >= found.length) {
        say("returns", [["", counted(found.reduce((sum, count) => sum + count, 0), "return", "returns")]]);
        return;
      }
      const below = bin === 0 && ends[0];
      const above = bin === found.length - 1 && ends[1];
      const range = below ? `below ${edge(edges[bin + 1])}` : above ? `from ${edge(edges[bin])}` : `${edge(edges[bin])} to ${edge(edges[bin + 1])}`;
      say("returns", [["", range], ["", counted(found[bin], "return", "returns")]]);
    };
    hovered(chart, tell);
    chart.timeScale().fitContent();
    tell();
  };
  if (run.returns.counts.length) drawReturns();

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => repaints.forEach((repaint) => repaint()));
})();
