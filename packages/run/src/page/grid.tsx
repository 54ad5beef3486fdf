import { area, height, type Plane, width } from './plane.js';

/** Lines and labels behind a curve. */
export function Grid({ plane: { xAxis, yAxis, toX, toY } }: { plane: Plane }) {
  return (
    <>
      {yAxis.factor !== undefined && (
        <text x={2} y={10} class="tick">
          {yAxis.factor}
        </text>
      )}
      {yAxis.ticks.map(({ at, label }) => (
        <g key={at}>
          <line x1={area.left} x2={width - area.right} y1={toY(at)} y2={toY(at)} class="grid" />
          <text x={area.left - 6} y={toY(at) + 3.5} class="tick" text-anchor="end">
            {label}
          </text>
        </g>
      ))}
      {xAxis.ticks.map(({ at, label }) => (
        <text key={at} x={toX(at)} y={height - 5} class="tick" text-anchor="middle">
          {label}
        </text>
      ))}
    </>
  );
}
