/** A run of characters in one style. */
export interface Span {
  readonly text: string
  /** Of the terminal's first eight colours, or undefined for its usual one. */
  readonly colour: number | undefined
  readonly bold: boolean
  readonly dim: boolean
}
export type Line = readonly Span[]

const background = '#0d1117'
const usual = '#c9d1d9'
/** The terminal's first eight colours, as on a dark background. */
const palette = ['#484f58', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#b1bac4']

/** Pixels: of a character of the 14 pixel font below, of a line, and around all. */
const [wide, high, edge] = [8.43, 19, 16]

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function tspan({ text, colour, bold, dim }: Span, column: number): string {
  const style = [
    `x="${(edge + column * wide).toFixed(1)}"`,
    `textLength="${([...text].length * wide).toFixed(1)}"`, // whichever font is found: columns stay columns
    colour === undefined ? '' : `fill="${palette[colour] ?? usual}"`,
    bold ? 'font-weight="bold"' : '',
    dim ? 'opacity="0.6"' : '',
  ].filter(Boolean)
  return `<tspan ${style.join(' ')}>${escaped(text)}</tspan>`
}

function row(line: Line, number: number): string {
  let column = 0
  const spans = line.map(span => {
    const drawn = span.text.trim() === '' ? '' : tspan(span, column)
    column += [...span.text].length
    return drawn
  })
  return `<text y="${edge + (number + 1) * high - 5}" xml:space="preserve">${spans.join('')}</text>`
}

/** Draws lines of a terminal. @param title what it shows, for those who do not see it */
export function svg(lines: readonly Line[], columns: number, title: string): string {
  const [width, height] = [Math.ceil(columns * wide + 2 * edge), lines.length * high + 2 * edge]
  const font = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${background}"/>`,
    `<g font-family="${font}" font-size="14" fill="${usual}">`,
    ...lines.map(row),
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}
