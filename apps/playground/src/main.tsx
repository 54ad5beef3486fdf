import { style } from '@cppo/run/page';
import { render } from 'preact';
import { App } from './app.js';
import './style.css';

const shared = new CSSStyleSheet();
shared.replaceSync(style);
document.adoptedStyleSheets = [shared];

const page = document.getElementById('page');
if (page !== null) {
  page.replaceChildren();
  render(<App />, page);
}
