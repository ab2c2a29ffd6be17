// Adds to Streamlit's page links: marks the current page, and closes the sidebar on a phone after a click.
(() => {
  if (window.transferLabShell) return; // already loaded: one copy works for every page
  window.transferLabShell = true;
  const LINKS = ".st-key-shell_navigation a[href]";
  const last = (path) => path.split("?")[0].split("/").pop();
  const mark = () => {
    const page = last(window.location.pathname);
    for (const link of document.querySelectorAll(LINKS)) {
      const here = last(link.getAttribute("href")) === page; // the first page has an empty path
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };
  document.addEventListener("click", (event) => {
    const sidebar = event.target.closest('[data-testid="stSidebar"]');
    if (!sidebar || !event.target.closest("a[href]") || !window.matchMedia("(max-width: 768px)").matches) return;
    sidebar.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  });
  mark();
  window.setInterval(mark, 500);
})();
