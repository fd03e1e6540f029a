import type { Scene } from './scene.ts'

export type ScriptName = 'deploy' | 'rollback' | 'backup'

/** Something that goes wrong while a script is at work, and what may become of it. */
export interface Fault {
  readonly name: string
  /**
   * Why users may notice it, whatever the toolkit does: what serves them is itself what fails. Without an excuse not
   * one request may be lost.
   */
  readonly excuse?: string
  /** The scripts that it may befall; any, unless told. */
  readonly scripts?: readonly ScriptName[]
  /** It befalls the whole machine: the other environment's containers may have been restarted as well. */
  readonly wholeMachine?: true
  /** Afterwards nobody serves, until the next deploy. */
  readonly leavesNobody?: true
  /** The database's and the proxy's containers may be others afterwards. */
  readonly replaces?: true
  /** What the runs' exit codes may be; any, unless told (null: killed). */
  readonly codes?: readonly (number | null)[]
  /** Whether it can be made on this machine. */
  readonly possible?: () => boolean
  /** Before the load begins. */
  readonly prepare?: () => Promise<void>
  /** Starts the run or the runs, makes the fault, and waits for what comes of it. */
  readonly play: (scene: Scene) => Promise<void>
  /** Takes the cause away, as the machine's owner would. Called however `play` ended. */
  readonly heal?: (scene: Scene) => Promise<void>
}
