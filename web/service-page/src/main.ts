/** Starts the page: its configuration, a sign-in that comes back, then the app. */

import { App } from './app';
import { start } from './start';
import 'scrip-kit/styles/base.css';
import 'scrip-kit/styles/parts.css';
import './styles/screens.css';
import './styles/lists.css';
import './styles/verdict.css';

const root = document.querySelector<HTMLElement>('#app');
if (root) void start(new App(root));

// Over plain HTTP from another machine there are no service workers; the page then needs a network to open.
if ('serviceWorker' in navigator && import.meta.env.PROD) {
  void navigator.serviceWorker.register('./sw.js', { scope: './' }).catch(() => {});
}
