#!/usr/bin/env node
// In the repository before the build, so that `npm ci` finds the command to link.
import '../dist/cli.js';
