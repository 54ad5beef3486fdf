import { defineConfig } from 'vitepress';
import { siteConfig } from '../site-config.js';

export default defineConfig(siteConfig);
