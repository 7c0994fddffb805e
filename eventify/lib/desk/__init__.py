"""The command center's shell: pages, lists, exports, navigation, search and charts that every app's pages share."""
