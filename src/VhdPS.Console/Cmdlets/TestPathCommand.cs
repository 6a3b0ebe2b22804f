using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsDiagnostic.Test, "Path", DefaultParameterSetName = PathSet)]
public sealed class TestPathCommand : PathCommandBase
{
    [Parameter]
    [ValidateSet("Any", "Container", "Leaf")]
    public string PathType { get; set; } = "Any";

    protected override IEnumerable<object> ProcessPath(string path)
    {
        bool exists;
        try
        {
            exists = InvokeProvider.Item.Exists(path, force: true, IsLiteral) &&
                (PathType == "Any" || InvokeProvider.Item.Get([path], force: true, IsLiteral)
                    .Any(item => item.Properties["PSIsContainer"]?.Value is true == (PathType == "Container")));
        }
        catch (Exception e) when (e is ItemNotFoundException or System.Management.Automation.DriveNotFoundException)
        {
            exists = false;
        }

        return [exists];
    }
}
