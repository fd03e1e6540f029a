import { type IBufferCell, Terminal } from '@xterm/headless'
import type { Line, Span } from './svg.ts'

/** What a terminal of so many columns shows when all was written: every line of it, none cut off at the top. */
export async function shown(output: string, columns: number): Promise<Line[]> {
  const terminal = new Terminal({ cols: columns, rows: 50, scrollback: 10_000, allowProposedApi: true })
  await new Promise<void>(resolve => terminal.write(output, resolve))
  const { active } = terminal.buffer
  return Array.from({ length: active.length }, (_, y) => {
    const line = active.getLine(y)
    const cells = Array.from({ length: columns }, (_, x) => line?.getCell(x)).filter(
      cell => cell !== undefined,
    )
    return spansOf(cells)
  })
}

const spanOf = (cell: IBufferCell): Span => ({
  text: cell.getChars() || ' ',
  colour: cell.isFgDefault() ? undefined : cell.getFgColor() % 8,
  bold: cell.isBold() !== 0,
  dim: cell.isDim() !== 0,
})

/** Cells of one style that stand beside each other become one. */
function spansOf(cells: readonly IBufferCell[]): Line {
  const spans: Span[] = []
  for (const { text, ...style } of cells.map(spanOf)) {
    const last = spans.at(-1)
    const same = last && last.colour === style.colour && last.bold === style.bold && last.dim === style.dim
    if (same) spans[spans.length - 1] = { ...last, text: last.text + text }
    else spans.push({ text, ...style })
  }
  const last = spans.at(-1)
  if (last) spans[spans.length - 1] = { ...last, text: last.text.trimEnd() }
  return spans
}

export const textOf = (line: Line): string =>
  line
    .map(({ text }) => text)
    .join('')
    .trimEnd()
