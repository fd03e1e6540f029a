import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import { cheapSurvey } from './survey.ts'
import { sweep } from './sweep.ts'

/** The cheap part of a cleanup, with which a deploy ends: images and old logs. */
export const cleanUp = async (site: Site, step: Step): Promise<void> =>
  sweep(site, await cheapSurvey(site), step)
