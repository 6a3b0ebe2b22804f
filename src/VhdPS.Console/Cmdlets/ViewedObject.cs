using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

/// <summary>An output under the type name for which the engine brings a view.</summary>
internal static class ViewedObject
{
    public static PSObject Create(string typeName, params (string Name, object? Value)[] properties)
    {
        var item = new PSObject();
        item.TypeNames.Clear();
        item.TypeNames.Add("Microsoft.PowerShell.Commands." + typeName);
        foreach ((string name, object? value) in properties)
        {
            item.Properties.Add(new PSNoteProperty(name, value));
        }

        return item;
    }
}
