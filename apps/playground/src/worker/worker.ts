import { serveSeeing } from './see-worker.js';
import { serveSurveys } from './survey-worker.js';
import { serveTraining } from './train-worker.js';

// One program for all that is computed beside the page, so that what they share is served once; its name says which.
switch (self.name) {
  case 'see':
    serveSeeing();
    break;
  case 'train':
    serveTraining();
    break;
  case 'survey':
    serveSurveys();
    break;
  default:
    throw new Error(`The worker is called ${JSON.stringify(self.name)}; expected see, train or survey.`);
}
