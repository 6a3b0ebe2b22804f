using System.Management.Automation;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Format, "List")]
public sealed class FormatListCommand : OuterFormatTableAndListBase
{
    public FormatListCommand() => EngineInternals.FormatAs(this, "List");
}
