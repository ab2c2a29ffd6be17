// What Streamlit's page links lack: which page is the current one, and a sidebar that gives way on a phone.
(() => {
  if (window.transferLabShell) return; // the script is there already: it works for every page
  window.transferLabShell = true;
  const LINKS = ".st-key-shell_navigation a[href]";
  const last = (path) => path.split("?")[0].split("/").pop();
  const mark = () => {
    const page = last(window.location.pathname);
    for (const link of document.querySelectorAll(LINKS)) {
      const here = last(link.getAttribute("href")) === page; // that of the first page is empty
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
