using VhdPS.Tests.Commands;

namespace VhdPS.Tests.Help;

/// <summary>The files that the examples of the documents work on, and a session in their folder.</summary>
internal sealed class ExampleFolder : IDisposable
{
    private readonly TempFolder _folder = new();

    public ExampleFolder()
    {
        Session = new ModuleSession(_folder.Root);
        Session.Run("""
            $ErrorActionPreference = 'Stop'
            $sector = [byte[]]::new(512)
            [Text.Encoding]::ASCII.GetBytes('Hello, disk.').CopyTo($sector, 0)
            $null = New-VpcImage disk.vhd -Size 20GB
            Write-VpcSector disk.vhd 4096 $sector
            $null = New-VpcImage fixed.vhd -Size 64MB -VhdType Fixed
            $null = New-Item -ItemType Directory rescue
            $null = New-VpcImage rescue/d.vhd -Size 1GB
            $bytes = [IO.File]::ReadAllBytes("$PWD/rescue/d.vhd")
            $bytes[-100] = 64
            [IO.File]::WriteAllBytes("$PWD/rescue/d.vhd", $bytes)
            """).WithoutErrors();
    }

    public ModuleSession Session { get; }

    public void Dispose()
    {
        Session.Dispose();
        _folder.Dispose();
    }
}
