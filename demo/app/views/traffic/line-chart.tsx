import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import './line-chart.css';

export interface Line {
  readonly label: string;
  /** A custom property of the design, read whenever the chart is drawn: it changes with light and dark. */
  readonly color: `--${string}`;
  readonly isFilled?: boolean;
}

interface LineChartProps {
  /** What the chart shows, in words. */
  readonly description: string;
  readonly lines: readonly Line[];
  /** Seconds since 1970, and for each line as many values; null is a gap. */
  readonly data: readonly (readonly (number | null)[])[];
  /** How many seconds it shows. */
  readonly span: number;
  /** The value axis reaches at least so far. */
  readonly least: number;
  readonly unit?: string;
  /** A line across, to compare with. */
  readonly mark?: { readonly value: number; readonly label: string };
}

const lineWidth = 2;

/** Lines over the last seconds, on a canvas. Only `data` and `description` may change. */
export function LineChart({ description, data, ...shape }: LineChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot>(null);
  const first = useRef({ data, shape });

  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const { clientWidth: width, clientHeight: height } = parent;
    const made = new UPlot(
      optionsOf(first.current.shape, { width, height }),
      aligned(first.current.data),
      parent,
    );
    chart.current = made;
    const resized = new ResizeObserver(() =>
      made.setSize({ width: parent.clientWidth, height: parent.clientHeight }),
    );
    resized.observe(parent);
    const themed = new MutationObserver(() => made.redraw(false, true));
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      resized.disconnect();
      themed.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, []);

  useEffect(() => chart.current?.setData(aligned(data)), [data]);

  return <div ref={place} className="line-chart" role="img" aria-label={description} />;
}

type Shape = Omit<LineChartProps, 'description' | 'data'>;

function optionsOf(
  { lines, span, least, unit = '', mark }: Shape,
  size: { readonly width: number; readonly height: number },
): UPlot.Options {
  const axis: UPlot.Axis = {
    stroke: () => token('--muted'),
    font: `11px ${token('--font')}`,
    grid: { stroke: () => token('--border'), width: 1 },
    ticks: { show: false },
  };
  return {
    ...size,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 16, 0, 0],
    scales: {
      x: { time: true, range: (_, _from, to) => [(to ?? 0) - span, to ?? 0] },
      y: { range: (_, _from, to) => [0, Math.max(least, (to ?? 0) * 1.15)] },
    },
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        splits: (_plot, _axis, from, to) => [0, 1, 2, 3, 4].map((part) => from + ((to - from) * part) / 4),
        values: (_, ticks) => ticks.map((tick) => ago((ticks.at(-1) ?? tick) - tick)),
      },
      {
        ...axis,
        size: 52,
        space: 32,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
        values: (_, ticks) => ticks.map((tick) => `${tick}${unit}`),
      },
    ],
    series: [
      {},
      ...lines.map(
        ({ label, color, isFilled }): UPlot.Series => ({
          label,
          width: lineWidth,
          stroke: () => token(color),
          ...(isFilled && { fill: () => `color-mix(in srgb, ${token(color)} 14%, transparent)` }),
          points: { show: false },
        }),
      ),
    ],
    hooks: mark ? { draw: [(plot) => drawMark(plot, mark)] } : {},
  };
}

function ago(seconds: number): string {
  return seconds === 0 ? 'now' : `−${Math.round(seconds)} s`;
}

function drawMark(plot: UPlot, { value, label }: NonNullable<Shape['mark']>): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(value, 'y', true));
  if (y < bbox.top) return;
  ctx.save();
  ctx.strokeStyle = token('--border-strong');
  ctx.fillStyle = token('--muted');
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `${11 * devicePixelRatio}px ${token('--font')}`;
  ctx.textAlign = 'left';
  ctx.fillText(label, bbox.left + 6 * devicePixelRatio, y - 5 * devicePixelRatio);
  ctx.restore();
}

function token(name: `--${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** uPlot changes nothing of what it is given, but its types don't say so. */
function aligned(data: LineChartProps['data']): UPlot.AlignedData {
  return data as unknown as UPlot.AlignedData;
}
