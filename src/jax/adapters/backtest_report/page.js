(() => {
  "use strict";
  const curve = JSON.parse(document.getElementById("curve").textContent);
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const money = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);
  const percent = (value) => `${(100 * value).toFixed(2)} %`;

  const options = () => ({
    autoSize: true,
    layout: {
      background: { type: "solid", color: "transparent" },
      textColor: ink("--soft"),
      fontFamily: getComputedStyle(document.body).fontFamily,
      attributionLogo: false,
    },
    grid: { vertLines: { visible: false }, horzLines: { color: ink("--line") } },
    rightPriceScale: { borderVisible: false, minimumWidth: 72 },
    timeScale: { borderVisible: false, fixLeftEdge: true, fixRightEdge: true, lockVisibleTimeRangeOnResize: true, minBarSpacing: 0.01 },
    crosshair: { horzLine: { visible: false, labelVisible: false } },
    localization: { locale: "en-GB" },
    handleScroll: { vertTouchDrag: false },
  });
  const equityStyle = () => ({
    lineColor: ink("--accent"), topColor: `${ink("--accent")}44`, bottomColor: `${ink("--accent")}05`,
    lineWidth: 2, priceLineVisible: false,
    priceFormat: { type: "custom", minMove: 0.01, formatter: (value) => Math.round(value).toLocaleString("en-US") },
  });
  const drawdownStyle = () => ({
    baseValue: { type: "price", price: 0 }, topLineColor: ink("--loss"), bottomLineColor: ink("--loss"),
    bottomFillColor1: `${ink("--loss")}10`, bottomFillColor2: `${ink("--loss")}50`,
    lineWidth: 1, priceLineVisible: false, lastValueVisible: false,
    priceFormat: { type: "custom", minMove: 0.0001, formatter: (value) => `${(100 * value).toFixed(1)} %` },
  });

  const draw = (id, kind, style, values) => {
    const chart = LightweightCharts.createChart(document.getElementById(id), options());
    const series = chart.addSeries(kind, style());
    series.setData(curve.time.map((time, row) => ({ time, value: values[row] })));
    chart.timeScale().fitContent();
    return { chart, series, style, key: document.getElementById(`${id}-key`) };
  };
  const equity = draw("equity", LightweightCharts.AreaSeries, equityStyle, curve.equity);
  const drawdown = draw(
    "drawdown", LightweightCharts.BaselineSeries, drawdownStyle, curve.drawdown.map((depth) => -depth),
  );

  const describe = (row) => {
    equity.key.textContent = `${day(curve.time[row])} · ${money.format(curve.equity[row])} ${curve.currency}`;
    drawdown.key.textContent = `${day(curve.time[row])} · ${percent(curve.drawdown[row])} below the highest equity so far`;
  };
  const last = curve.time.length - 1;
  const rows = new Map(curve.time.map((time, row) => [time, row]));
  let moving = false;
  const follow = (from, to) => {
    from.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && !moving) {
        moving = true;
        to.chart.timeScale().setVisibleLogicalRange(range);
        moving = false;
      }
    });
    from.chart.subscribeCrosshairMove((event) => {
      const row = rows.get(event.time) ?? last;
      describe(row);
      if (event.sourceEvent === undefined) return;
      if (event.time === undefined) to.chart.clearCrosshairPosition();
      else to.chart.setCrosshairPosition(0, event.time, to.series);
    });
  };
  follow(equity, drawdown);
  follow(drawdown, equity);
  describe(last);

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const { chart, series, style } of [equity, drawdown]) {
      chart.applyOptions(options());
      series.applyOptions(style());
    }
  });
})();
