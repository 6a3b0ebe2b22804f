using Microsoft.PowerShell;

return ConsoleShell.Start(bannerText: null, helpText: null, args);
