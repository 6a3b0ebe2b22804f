using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsDiagnostic.Resolve, "Path", DefaultParameterSetName = PathSet)]
public sealed class ResolvePathCommand : PathCommandBase
{
    protected override IEnumerable<object> ProcessPath(string path) =>
        SessionState.Path.GetResolvedPSPathFromPSPath(IsLiteral ? WildcardPattern.Escape(path) : path);
}
